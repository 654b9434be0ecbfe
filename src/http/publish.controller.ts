import { Controller, HttpCode, Req, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiKeyGuard } from './api-key.guard.js';
import type { BodyRequest } from './body.js';
import type { BatchResult } from './intake.js';
import { PublishIntake, type Published } from './publish.intake.js';

/** Where services push publications for topics over HTTP: one, or a list of them. */
@Controller({ version: VERSION_NEUTRAL })
@UseGuards(ApiKeyGuard)
export class PublishController {
  constructor(private readonly intake: PublishIntake) {}

  /** Answers 200 when every publication of a list was looked at: the results say which were taken. */
  @HttpCode(200)
  publish(@Req() request: BodyRequest): Promise<Published | BatchResult<Published>> {
    return this.intake.handle(request);
  }
}
