import { Controller, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import { PublishSettings } from '../config/publish.settings.js';
import { PublicationError } from '../protocol/publication.js';
import { TopicPublisher } from '../topics/topic-publisher.js';
import { ApiKeyGuard } from './api-key.guard.js';
import type { BodyRequest } from './body.js';
import { type BatchResult, Intake } from './intake.js';

/** A publication that was taken. */
export interface Published {
  readonly status: 'ok';
}

const PUBLISHED: Published = { status: 'ok' };

/** Where services push publications for topics over HTTP: one, or a list of them. */
@Controller('publish')
@UseGuards(ApiKeyGuard)
export class PublishController {
  private readonly intake: Intake<Published>;

  constructor(topics: TopicPublisher, settings: PublishSettings) {
    const take = async (text: string): Promise<Published> => {
      await topics.publish(text, 'http');
      return PUBLISHED;
    };
    this.intake = new Intake({ name: 'publications', take, refusal: PublicationError }, settings);
  }

  /** Answers 200 when every publication of a list was looked at: the results say which were taken. */
  @Post()
  @HttpCode(200)
  publish(@Req() request: BodyRequest): Promise<Published | BatchResult<Published>> {
    return this.intake.handle(request);
  }
}
