import { Injectable } from '@nestjs/common';
import { PublishSettings } from '../config/sections/publish.settings.js';
import { InputBounds } from '../protocol/json/bounds.js';
import type { JsonText } from '../protocol/json/json.js';
import { Publication, PublicationError } from '../protocol/publication.js';
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
  constructor(topics: TopicPublisher, settings: PublishSettings, bounds: InputBounds) {
    const take = (source: JsonText | Buffer): Published | Promise<Published> => {
      const publication =
        typeof source === 'string' ? Publication.of(source) : Publication.parse(source, bounds);
      return topics.publish(publication, 'http')?.then(() => PUBLISHED) ?? PUBLISHED;
    };
    super({ name: 'publications', take, refusal: PublicationError }, settings, bounds);
  }
}
