import { Controller, Get, NotFoundException, Options, Req, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Settings } from '../config/settings.js';
import type { Signature } from '../procedures/signature.js';
import { Procedures } from '../procedures/procedures.js';
import { failureOf } from '../rpc/rpc-failure.js';
import { RpcParts } from '../rpc/rpc-parts.js';
import { allowOrigin } from './allowed-origin.js';
import { openApiDocument } from './open-api-document.js';
import { DOCUMENT_FILE, DOCUMENT_PATH, OPEN_API_PATH } from './open-api-paths.js';

/** A request or a response of either HTTP platform; Fastify's has Node's own in it. */
type Either<Own> = Own & { readonly raw?: Own };

const JSON_TYPE = 'application/json; charset=utf-8';

/** Describes the HTTP side of the gateway, as far as the caller may know of it: an OpenAPI document. */
@Controller(OPEN_API_PATH)
export class OpenApiController {
  constructor(
    private readonly settings: Settings,
    private readonly procedures: Procedures,
    private readonly parts: RpcParts,
    private readonly host: HttpAdapterHost,
  ) {}

  /**
   * Answers by itself, whatever interceptors of the app do with results.
   * @throws {NotFoundException} (404) when it is off.
   */
  @Get(DOCUMENT_FILE)
  async document(
    @Req() request: Either<IncomingMessage> & { readonly originalUrl?: string },
    @Res() response: Either<ServerResponse>,
  ): Promise<void> {
    this.requireOn();
    const raw = request.raw ?? request;
    allowOrigin(this.settings.origins, raw, response.raw ?? response);
    try {
      const procedures = await this.callableBy(raw);
      const prefix = prefixOf(request.originalUrl ?? raw.url ?? '');
      this.answer(response, 200, openApiDocument(prefix, this.settings, procedures));
    } catch (error) {
      const { status, body, headers } = failureOf(error, false);
      this.answer(response, status, body, headers);
    }
  }

  /** Asked by browsers, for pages of other origins that would say who they are. */
  @Options(DOCUMENT_FILE)
  preflight(@Req() request: Either<IncomingMessage>, @Res() response: Either<ServerResponse>): void {
    this.requireOn();
    const answered = allowOrigin(this.settings.origins, request.raw ?? request, response.raw ?? response);
    if (!answered) this.host.httpAdapter.reply(response, '', 204);
  }

  private requireOn(): void {
    const http = this.settings.procedures?.http;
    if (http && !http.openApi && !http.page) throw new NotFoundException();
  }

  /** Without a secret or a token these are the public ones, so that nothing tells which others there are. */
  private async callableBy(request: IncomingMessage): Promise<Signature[]> {
    const { callers, calls } = this.parts;
    const origin = await callers.identify(request, { hasSecret: false });
    return [...this.procedures.all]
      .map(({ signature }) => signature)
      .filter(({ name }) => calls.find(name, origin));
  }

  private answer(
    response: unknown,
    status: number,
    body: object,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    const { httpAdapter } = this.host;
    const all = { 'Content-Type': JSON_TYPE, 'Cache-Control': 'no-store', ...headers };
    for (const [name, value] of Object.entries(all)) httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, JSON.stringify(body), status);
  }
}

/** What the app has before the paths of the gateway: it is before this one, too. */
function prefixOf(url: string): string {
  const [path = ''] = url.split('?', 1);
  return path.slice(0, Math.max(path.lastIndexOf(DOCUMENT_PATH), 0));
}
