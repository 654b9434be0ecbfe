import { Controller, HttpCode, NotFoundException, Post, Req, UseGuards } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { ApiKeyGuard } from './api-key.guard.js';
import type { BodyRequest } from './body.js';
import type { BatchResult } from './intake.js';
import { TriggerIntake, type Triggered } from './trigger.intake.js';

/** Where services push triggers for rooms over HTTP: one, or a list of them. */
@Controller('trigger')
@UseGuards(ApiKeyGuard)
export class TriggerController {
  constructor(
    private readonly settings: Settings,
    private readonly intake: TriggerIntake,
  ) {}

  /**
   * Answers 200 when every trigger of a list was looked at: the results say which were taken.
   * @throws {NotFoundException} (404) when rooms are not configured.
   */
  @Post()
  @HttpCode(200)
  trigger(@Req() request: BodyRequest): Promise<Triggered | BatchResult<Triggered>> {
    if (!this.settings.rooms) throw new NotFoundException();
    return this.intake.handle(request);
  }
}
