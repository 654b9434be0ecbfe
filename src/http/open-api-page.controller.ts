import { Controller, Get, NotFoundException, Param, Req, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { readFile } from 'node:fs/promises';
import { Settings } from '../config/settings.js';
import { OPEN_API_PATH } from './open-api-paths.js';

const PAGE = 'page';
const INDEX = 'index.html';
const SCRIPT = 'text/javascript; charset=utf-8';

/** What the page consists of. */
const FILES: ReadonlyMap<string, string> = new Map([
  [INDEX, 'text/html; charset=utf-8'],
  ['style.css', 'text/css; charset=utf-8'],
  ['main.js', SCRIPT],
  ['operation.js', SCRIPT],
  ['fields.js', SCRIPT],
  ['call.js', SCRIPT],
  ['json.js', SCRIPT],
  ['element.js', SCRIPT],
]);

/** Nothing but what comes from here, and no scripts but files. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** A page that shows the document and calls procedures, for development. */
@Controller(`${OPEN_API_PATH}/${PAGE}`)
export class OpenApiPageController {
  private readonly read = new Map<string, Promise<string>>();

  constructor(
    private readonly settings: Settings,
    private readonly host: HttpAdapterHost,
  ) {}

  /** @throws {NotFoundException} (404) unless the page is on. */
  @Get()
  async page(@Req() { url }: { readonly url: string }, @Res() response: unknown): Promise<void> {
    const [path = ''] = url.split('?', 1);
    // Its files are found relative to its path, as nothing else is known of where it is.
    if (path.endsWith('/') && this.isOn) this.host.httpAdapter.redirect(response, 302, `../${PAGE}`);
    else await this.send(INDEX, response);
  }

  /** @throws {NotFoundException} (404) unless the page is on and has such a file. */
  @Get(':file')
  file(@Param('file') name: string, @Res() response: unknown): Promise<void> {
    return this.send(name, response);
  }

  private get isOn(): boolean {
    return this.settings.procedures?.http.page ?? false;
  }

  private async send(name: string, response: unknown): Promise<void> {
    const mediaType = FILES.get(name);
    if (!this.isOn || mediaType === undefined) throw new NotFoundException();
    const text = await this.textOf(name);
    const { httpAdapter } = this.host;
    for (const [header, value] of Object.entries({ ...HEADERS, 'Content-Type': mediaType }))
      httpAdapter.setHeader(response, header, value);
    httpAdapter.reply(response, text, 200);
  }

  private textOf(name: string): Promise<string> {
    let text = this.read.get(name);
    if (!text) this.read.set(name, (text = readFile(new URL(`page/${name}`, import.meta.url), 'utf8')));
    return text;
  }
}
