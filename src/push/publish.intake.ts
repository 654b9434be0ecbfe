import { Injectable } from '@nestjs/common';
import type { Appended } from '../broker/history.js';
import { PublishSettings } from '../config/sections/publish.settings.js';
import { InputBounds } from '../protocol/json/bounds.js';
import type { JsonText } from '../protocol/json/json.js';
import { Publication, PublicationError } from '../protocol/publication.js';
import { TopicPublisher } from '../topics/topic-publisher.js';
import type { ApiKey } from './api-key.js';
import { Intake } from './intake.js';

/** A publication that was taken. */
export interface Published {
  readonly status: 'ok';
  /** Its place in the history of its topic, where one is kept. */
  readonly position?: string;
  /** It had been taken before. */
  readonly repeated?: true;
}

const PUBLISHED: Published = { status: 'ok' };

function published(appended: Appended | void): Published {
  if (!appended) return PUBLISHED;
  const { position, isRepeated } = appended;
  return { status: 'ok', position: position.toString(), ...(isRepeated && { repeated: true }) };
}

/** Takes publications for topics. */
@Injectable()
export class PublishIntake extends Intake<Published> {
  constructor(topics: TopicPublisher, settings: PublishSettings, bounds: InputBounds) {
    const take = (
      source: JsonText | Buffer,
      key: ApiKey,
      idempotencyKey?: string,
    ): Published | Promise<Published> => {
      const publication =
        typeof source === 'string' ? Publication.of(source) : Publication.parse(source, bounds);
      key.requireTopic(publication.subscription);
      return topics.publish(publication, 'http', idempotencyKey)?.then(published) ?? PUBLISHED;
    };
    super({ name: 'publications', take, refusal: PublicationError }, settings, bounds);
  }
}
