import { Injectable } from '@nestjs/common';
import type { Appended } from '../broker/history.js';
import { toJsonText } from '../protocol/json/json.js';
import { publicationMembers, type PublicationOptions } from './providers/publication-members.js';
import { type HistoryPart, type HistoryQuery, TopicHistory } from './topic-history.js';
import { TopicPublisher } from './topic-publisher.js';

/** Topics, as the app uses them that the gateway is part of. */
@Injectable()
export class TopicsInProcess {
  constructor(
    private readonly publisher: TopicPublisher,
    private readonly histories: TopicHistory,
  ) {}

  /** See `Kittiwake.publish`. @throws as that says. */
  async publish(
    topic: string,
    data: unknown,
    options: PublicationOptions,
    idempotencyKey: string | undefined,
  ): Promise<Appended | undefined> {
    const members = publicationMembers(data, options).set('subscription', toJsonText(topic));
    return (await this.publisher.publishMade(members, 'process', idempotencyKey)) ?? undefined;
  }

  /** See `Kittiwake.history`. @throws as that says. */
  history(topic: string, query: HistoryQuery): Promise<HistoryPart> {
    return this.histories.read(topic, query);
  }
}
