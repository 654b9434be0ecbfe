import { Controller, HttpStatus, Req, Res, StreamableFile, VERSION_NEUTRAL } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { VERSION } from '../config/version.js';
import { EndpointOf } from '../endpoints/endpoint-kind.js';
import { inTurn } from '../endpoints/in-turn.js';
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

/** A request or a response of either HTTP platform; Fastify's has Node's own in it. */
type Either<Own> = Own & { readonly raw?: Own };
type Request = Either<IncomingMessage> & { readonly query: Readonly<Record<string, unknown>> };
type Response = Either<ServerResponse>;

/** The client for `<script type="module">`: the one that goes with this gateway. */
@Controller({ version: VERSION_NEUTRAL })
@EndpointOf('client')
export class ClientScriptController {
  constructor(
    private readonly script: ClientScript,
    private readonly replies: Replies,
  ) {}

  /** Small requests for a large answer: a client that does not read gets no second one. */
  read(@Req() request: Request, @Res() response: Response): void {
    inTurn(request.raw ?? request, response.raw ?? response, () => void this.answer(request, response));
  }

  private async answer({ headers, query }: Request, response: Response): Promise<void> {
    const { plain, gzipped, etag } = await this.script.read();
    const caching = {
      ...HEADERS,
      ETag: etag,
      'Cache-Control': query['v'] === VERSION ? 'public, max-age=31536000, immutable' : 'public, no-cache',
    };
    if (headers['if-none-match']?.includes(etag))
      return this.replies.send(response, { status: HttpStatus.NOT_MODIFIED, headers: caching, body: '' });
    const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(headers['accept-encoding'] ?? '');
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
