import { Controller, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { EndpointOf } from '../endpoints/endpoint-kind.js';
import { type PushRequest, Pushes } from './pushes.js';
import { TriggerIntake } from './trigger.intake.js';

/** The endpoint to which services push triggers for rooms over HTTP: one, or a list of them. */
@Controller({ version: VERSION_NEUTRAL })
@EndpointOf('push')
export class TriggerController {
  constructor(
    private readonly pushes: Pushes,
    private readonly intake: TriggerIntake,
  ) {}

  /** Answers 200 when every one of a list was looked at: the results say which were taken. */
  trigger(@Req() request: PushRequest, @Res() response: unknown): Promise<void> {
    const { 'idempotency-key': idempotencyKey } = request.headers;
    return this.pushes.answer(request, response, 'trigger', (body, key) =>
      this.intake.handle(body, key, idempotencyKey),
    );
  }
}
