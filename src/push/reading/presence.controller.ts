import { Controller, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { EndpointOf } from '../../endpoints/endpoint-kind.js';
import { PresenceAnswers } from './presence-answers.js';
import { type PushRequest, Pushes } from '../pushes.js';

/** The endpoint where services ask who is present. */
@Controller({ version: VERSION_NEUTRAL })
@EndpointOf('push')
export class PresenceController {
  constructor(
    private readonly pushes: Pushes,
    private readonly answers: PresenceAnswers,
  ) {}

  /** Answers who is present in one topic or room, or how many are in each of several. */
  presence(@Req() request: PushRequest, @Res() response: unknown): Promise<void> {
    return this.pushes.answer(request, response, 'presence', (_, key) =>
      this.answers.answer(request.url, key),
    );
  }
}
