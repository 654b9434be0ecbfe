import { Injectable } from '@nestjs/common';
import { PublishSettings } from '../config/publish.settings.js';
import { PublicationError } from '../protocol/publication.js';
import { TopicPublisher } from '../topics/topic-publisher.js';
import { Intake } from './intake.js';

/** A publication that was taken. */
export interface Published {
  readonly status: 'ok';
}

const PUBLISHED: Published = { status: 'ok' };

/** Takes publications for topics. */
@Injectable()
export class PublishIntake extends Intake<Published> {
  constructor(topics: TopicPublisher, settings: PublishSettings) {
    const take = (source: string | Buffer): Published | Promise<Published> =>
      topics.publish(source, 'http')?.then(() => PUBLISHED) ?? PUBLISHED;
    super({ name: 'publications', take, refusal: PublicationError }, settings);
  }
}
