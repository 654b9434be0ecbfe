import { Injectable } from '@nestjs/common';
import { PublishSettings } from '../config/sections/publish.settings.js';
import { Histories } from '../history/histories.js';
import { MAX_POSITION_LENGTH, Position } from '../protocol/position.js';
import type { Publication } from '../protocol/publication.js';
import { Services } from './service/services.js';

const DEFAULT_LIMIT = 100;

/** The part of a history to read. */
export interface HistoryQuery {
  /** The position after which to read, the oldest first; without it the latest are read. */
  readonly since?: string | undefined;
  /** The most publications; 100 by default, and at most `publish.maxBatch`, 1,000. */
  readonly limit?: number | undefined;
}

/** A part of the history of a topic. */
export interface HistoryPart {
  /** The position of the latest publication of the topic. */
  readonly top: Position;
  /** Whether nothing is missing between `since` and the publications. */
  readonly isComplete: boolean;
  /** In order. There are more when the last one is not at the top. */
  readonly publications: readonly Publication[];
}

/** A history cannot be read. `absent`: none is kept; `invalid`: what was asked cannot be. The message says it. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';

  constructor(
    readonly kind: 'absent' | 'invalid',
    message: string,
  ) {
    super(message);
  }
}

/** Reads what is kept of topics, for services. */
@Injectable()
export class TopicHistory {
  constructor(
    private readonly services: Services,
    private readonly histories: Histories,
    private readonly settings: PublishSettings,
  ) {}

  /**
   * Reads a part of a history. It may have less than the limit, as it is no larger than a request to publish may be.
   * @throws {HistoryError} when none is kept, or the query is wrong.
   * @throws {BrokerError} when it cannot be reached.
   */
  async read(topic: string, { since, limit: given }: HistoryQuery): Promise<HistoryPart> {
    const limit = given ?? Math.min(DEFAULT_LIMIT, this.settings.maxBatch);
    this.check(topic, since, limit);
    if (since === undefined) {
      const { top, publications = [] } = await this.histories.read(topic, 'oldest');
      const latest = this.within(limit, publications.toReversed()).toReversed();
      return { top, isComplete: true, publications: latest };
    }
    const { top, publications } = await this.histories.read(topic, Position.parse(since) ?? 'top');
    return publications
      ? { top, isComplete: true, publications: this.within(limit, publications) }
      : { top, isComplete: false, publications: [] };
  }

  private check(topic: string, since: string | undefined, limit: number): void {
    const { maxBatch } = this.settings;
    if (!this.services.find(topic)?.rules.history)
      throw new HistoryError(
        'absent',
        '"subscription" must be <service>.<topic> of a service that keeps a history',
      );
    if (since !== undefined && since.length > MAX_POSITION_LENGTH)
      throw new HistoryError('invalid', '"since" must be a position');
    if (!Number.isInteger(limit) || limit < 1 || limit > maxBatch)
      throw new HistoryError('invalid', `"limit" must be a whole number from 1 to ${maxBatch}`);
  }

  /** The first of them, at least one. */
  private within(limit: number, publications: readonly Publication[]): readonly Publication[] {
    let length = 0;
    const end = publications.findIndex(({ text }, index) => {
      length += text.length;
      return index === limit || (index > 0 && length > this.settings.maxBodyBytes);
    });
    return end < 0 ? publications : publications.slice(0, end);
  }
}
