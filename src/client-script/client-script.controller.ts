import { Controller, HttpStatus, Req, Res, StreamableFile, VERSION_NEUTRAL } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { VERSION } from '../config/version.js';
import { EndpointOf } from '../endpoints/endpoint-kind.js';
import { Replies } from '../endpoints/replies.js';
import { ClientScript } from './client-script.js';

const HEADERS = {
  'Content-Type': 'text/javascript; charset=utf-8',
  'X-Content-Type-Options': 'nosniff',
  // It is as public as a file of a package registry, and pages of any origin may load it.
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  Vary: 'Accept-Encoding',
};

/** A request of either HTTP platform. */
type Request = Pick<IncomingMessage, 'headers'> & { readonly query: Readonly<Record<string, unknown>> };

/** The client for `<script type="module">`: the one that goes with this gateway. */
@Controller({ version: VERSION_NEUTRAL })
@EndpointOf('client')
export class ClientScriptController {
  constructor(
    private readonly script: ClientScript,
    private readonly replies: Replies,
  ) {}

  async read(@Req() { headers, query }: Request, @Res() response: unknown): Promise<void> {
    const { plain, gzipped, etag } = await this.script.read();
    const caching = {
      ...HEADERS,
      ETag: etag,
      'Cache-Control': query['v'] === VERSION ? 'public, max-age=31536000, immutable' : 'public, no-cache',
    };
    if (headers['if-none-match']?.includes(etag))
      return this.replies.send(response, { status: HttpStatus.NOT_MODIFIED, headers: caching, body: '' });
    const takesGzip = /\bgzip\b(?!;q=0(?:\.0*)?(?:,|$))/.test(headers['accept-encoding'] ?? '');
    const bytes = takesGzip ? gzipped : plain;
    this.replies.send(response, {
      status: HttpStatus.OK,
      headers: {
        ...caching,
        'Content-Length': `${bytes.length}`,
        ...(takesGzip && { 'Content-Encoding': 'gzip' }),
      },
      body: new StreamableFile(bytes),
    });
  }
}
