import { Controller, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { EndpointOf } from '../endpoints/endpoint-kind.js';
import { PublishIntake } from './publish.intake.js';
import { type PushRequest, Pushes } from './pushes.js';

/** The endpoint to which services push publications for topics over HTTP: one, or a list of them. */
@Controller({ version: VERSION_NEUTRAL })
@EndpointOf('push')
export class PublishController {
  constructor(
    private readonly pushes: Pushes,
    private readonly intake: PublishIntake,
  ) {}

  /** Answers 200 when every one of a list was looked at: the results say which were taken. */
  publish(@Req() request: PushRequest, @Res() response: unknown): Promise<void> {
    const { 'idempotency-key': idempotencyKey } = request.headers;
    return this.pushes.answer(request, response, 'publish', (body, key) =>
      this.intake.handle(body, key, idempotencyKey),
    );
  }
}
