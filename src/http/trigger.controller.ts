import { Controller, HttpCode, Req, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiKeyGuard } from './api-key.guard.js';
import type { BodyRequest } from './body.js';
import type { BatchResult } from './intake.js';
import { TriggerIntake, type Triggered } from './trigger.intake.js';

/** Where services push triggers for rooms over HTTP: one, or a list of them. */
@Controller({ version: VERSION_NEUTRAL })
@UseGuards(ApiKeyGuard)
export class TriggerController {
  constructor(private readonly intake: TriggerIntake) {}

  /** Answers 200 when every trigger of a list was looked at: the results say which were taken. */
  @HttpCode(200)
  trigger(@Req() request: BodyRequest): Promise<Triggered | BatchResult<Triggered>> {
    return this.intake.handle(request);
  }
}
