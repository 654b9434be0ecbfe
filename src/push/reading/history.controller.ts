import { Controller, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { EndpointOf } from '../../endpoints/endpoint-kind.js';
import { HistoryAnswers } from './history-answers.js';
import { type PushRequest, Pushes } from '../pushes.js';

/** The endpoint where services read what is kept of a topic. */
@Controller({ version: VERSION_NEUTRAL })
@EndpointOf('push')
export class HistoryController {
  constructor(
    private readonly pushes: Pushes,
    private readonly answers: HistoryAnswers,
  ) {}

  /** Answers a part of the history of one topic. */
  history(@Req() request: PushRequest, @Res() response: unknown): Promise<void> {
    return this.pushes.answer(request, response, 'history', (_, key) =>
      this.answers.answer(request.url, key),
    );
  }
}
