import { Controller, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { EndpointOf } from '../../endpoints/endpoint-kind.js';
import { ConnectionAnswers } from './connection-answers.js';
import { type PushRequest, Pushes } from '../pushes.js';

/** The endpoint where services read who is connected. */
@Controller({ version: VERSION_NEUTRAL })
@EndpointOf('push')
export class ConnectionsController {
  constructor(
    private readonly pushes: Pushes,
    private readonly answers: ConnectionAnswers,
  ) {}

  /** Answers a page of connections. */
  read(@Req() request: PushRequest, @Res() response: unknown): Promise<void> {
    return this.pushes.answer(request, response, 'connections', () => this.answers.answer(request.url));
  }
}
