import { Controller, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { OperatorsSettings } from '../config/sections/operators/operators.settings.js';
import type { BodyRequest } from '../endpoints/body.js';
import { EndpointOf } from '../endpoints/endpoint-kind.js';
import { inTurn } from '../endpoints/in-turn.js';
import type { OperatorPlace } from '../endpoints/operator-endpoint.js';
import { Replies } from '../endpoints/replies.js';
import { AppStreams } from './app-streams.js';
import { OperatorEndpoints } from './operator-endpoints.js';

/** A request or a response of either HTTP platform; Fastify's has Node's own in it. */
type Either<Own> = Own & { readonly raw?: Own };
type Request = Either<IncomingMessage> & BodyRequest & { readonly originalUrl?: string };
type Response = Either<ServerResponse> & { hijack?(): unknown };

/** The endpoints for operators on the port of the app, where they have a path there. */
@Controller({ version: VERSION_NEUTRAL })
@EndpointOf('operators')
export class OperatorsController {
  constructor(
    private readonly settings: OperatorsSettings,
    private readonly endpoints: OperatorEndpoints,
    private readonly replies: Replies,
    private readonly streams: AppStreams,
  ) {}

  /** Answers by itself, whatever interceptors of the app do with results. */
  answer(@Req() request: Request, @Res() response: Response): void {
    inTurn(request.raw ?? request, response.raw ?? response, () => void this.answerNow(request, response));
  }

  /** Asked by POST. */
  act(@Req() request: Request, @Res() response: Response): void {
    this.answer(request, response);
  }

  /** Asked by browsers, for pages of other origins that would say who they are. */
  preflight(@Req() request: Request, @Res() response: Response): void {
    this.answer(request, response);
  }

  private async answerNow(request: Request, response: Response): Promise<void> {
    const raw = request.raw ?? request;
    const [path = ''] = (request.originalUrl ?? raw.url ?? '').split('?', 1);
    const base = this.settings.path ?? '';
    const at = path.lastIndexOf(base);
    const place: OperatorPlace = { prefix: path.slice(0, at), base };
    const endpoint = this.endpoints.find(path.slice(at + base.length));
    if (!endpoint) return this.replies.send(response, { status: 404, headers: {}, body: '' });
    const exchange = { request: raw, response: response.raw ?? response, parsed: request };
    const answer = await this.endpoints.answer(endpoint, place, exchange);
    if (!answer) return undefined;
    const { body } = answer;
    if (typeof body !== 'function') return this.replies.send(response, { ...answer, body });
    response.hijack?.(); // Fastify is not to answer as well
    const own = response.raw ?? response;
    own.writeHead(answer.status, answer.headers);
    return this.streams.send(own, body);
  }
}
