import { Controller, HttpCode, NotFoundException, Post, Req, UseGuards } from '@nestjs/common';
import { PublishSettings } from '../config/publish.settings.js';
import { Settings } from '../config/settings.js';
import { RoomPublisher } from '../rooms/room-publisher.js';
import { TriggerError } from '../rooms/trigger.js';
import { ApiKeyGuard } from './api-key.guard.js';
import type { BodyRequest } from './body.js';
import { type BatchResult, Intake } from './intake.js';

/** A trigger that was taken. */
export interface Triggered {
  readonly status: 'ok';
  /** How many subscriptions of this node were reached. */
  readonly reached: number;
}

/** Where services push triggers for rooms over HTTP: one, or a list of them. */
@Controller('trigger')
@UseGuards(ApiKeyGuard)
export class TriggerController {
  private readonly intake: Intake<Triggered>;

  constructor(
    private readonly settings: Settings,
    rooms: RoomPublisher,
    publish: PublishSettings,
  ) {
    const take = async (text: string): Promise<Triggered> => ({
      status: 'ok',
      reached: await rooms.trigger(text, 'http'),
    });
    this.intake = new Intake({ name: 'triggers', take, refusal: TriggerError }, publish);
  }

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
