import { Controller, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { EndpointOf } from '../endpoints/endpoint-kind.js';
import { ClientRequests } from './client-requests.js';
import { type PushRequest, Pushes } from './pushes.js';

/** The endpoints where services remove clients, what they are subscribed to, and their tokens. */
@Controller({ version: VERSION_NEUTRAL })
@EndpointOf('push')
export class ClientsController {
  constructor(
    private readonly pushes: Pushes,
    private readonly requests: ClientRequests,
  ) {}

  /** Answers how many connections were closed, on how many nodes. */
  disconnect(@Req() request: PushRequest, @Res() response: unknown): Promise<void> {
    return this.pushes.answer(request, response, 'disconnect', (body) => this.requests.disconnect(body));
  }

  /** Answers how many connections were closed, on how many nodes, and until when it is remembered. */
  revoke(@Req() request: PushRequest, @Res() response: unknown): Promise<void> {
    return this.pushes.answer(request, response, 'revoke', (body) => this.requests.revoke(body));
  }

  /** Answers how many subscriptions were ended, on how many nodes. */
  unsubscribe(@Req() request: PushRequest, @Res() response: unknown): Promise<void> {
    return this.pushes.answer(request, response, 'unsubscribe', (body) => this.requests.unsubscribe(body));
  }
}
