import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Connection } from '../connection/connection.js';
import type { ClientError } from '../protocol/errors.js';
import { elementsOf, membersOf, type JsonText } from '../protocol/json/json.js';
import { ClientEvent } from '../events/client-event.js';
import { TOPIC_ERRORS } from './topic-errors.js';

/** The most topics of one event that are handled at a time: more would only wait for a connection to the app. */
const SIDE_BY_SIDE = 16;
/** The time for which an event is worked on before others have their turn. */
const SLICE_MS = 5;
/** The most characters of an `id`, which comes back with so many replies. */
const MAX_ID_LENGTH = 1024;

/** One topic of an event, as an event of its own. */
export interface BatchedEvent {
  readonly event: ClientEvent;
  /** Whether the topic is in the list before. */
  readonly isRepeated: boolean;
}

/**
 * An event about several topics: `{"event": "subscribe", "subscriptions": ["books.1", {"subscription": "books.2", …}]}`.
 * Each is handled as an event of its own, with the `id`, the `report_drops` and the `recover` of the whole, some of them at the same time.
 */
export class TopicBatch {
  private readonly elements: readonly JsonText[];
  private readonly values: readonly unknown[];
  private readonly seen = new Set<unknown>();
  private next = 0;
  private sliceBeganMs = performance.now();

  /** @param whole an event that {@link refusalOf} does not refuse. */
  constructor(private readonly whole: ClientEvent) {
    this.values = whole.value.subscriptions as unknown[];
    this.elements = elementsOf(whole.members.get('subscriptions')!);
  }

  /** Whether an event is about several topics. */
  static isOne({ value }: ClientEvent): boolean {
    return value.subscriptions !== undefined;
  }

  /**
   * The refusal of an event as a whole, if it is refused.
   * @param maxTopics the most topics that it may name; 0 is no limit.
   */
  static refusalOf({ value, members }: ClientEvent, maxTopics: number): ClientError | undefined {
    const { subscriptions } = value;
    if (!Array.isArray(subscriptions) || subscriptions.length === 0)
      return TOPIC_ERRORS.invalidSubscriptions();
    if (maxTopics > 0 && subscriptions.length > maxTopics) return TOPIC_ERRORS.tooManyTopics();
    if ((members.get('id')?.length ?? 0) > MAX_ID_LENGTH) return TOPIC_ERRORS.idTooLong();
    return undefined;
  }

  /** Handles all, or those that are begun before the client is gone. Resolves when those begun are done. */
  async handle(connection: Connection, handleOne: (one: BatchedEvent) => Promise<void>): Promise<void> {
    const work = async (): Promise<void> => {
      while (this.next < this.elements.length && connection.isOpen) {
        await handleOne(this.take());
        await this.breathe();
      }
    };
    await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, this.elements.length) }, work));
  }

  private take(): BatchedEvent {
    const event = this.eventOf(this.elements[this.next]!, this.values[this.next]);
    this.next++;
    const { subscription } = event.value;
    const isRepeated = this.seen.has(subscription);
    if (typeof subscription === 'string') this.seen.add(subscription);
    return { event, isRepeated };
  }

  private eventOf(element: JsonText, value: unknown): ClientEvent {
    const members = element[0] === '{' ? membersOf(element) : new Map([['subscription', element]]);
    const id = this.whole.members.get('id');
    if (id === undefined) members.delete('id');
    else members.set('id', id);
    const subscription = element[0] === '{' ? (value as Record<string, unknown>).subscription : value;
    const { report_drops, recover } = this.whole.value;
    return new ClientEvent(this.whole.name, { subscription, report_drops, recover }, element, members);
  }

  private async breathe(): Promise<void> {
    if (performance.now() - this.sliceBeganMs < SLICE_MS) return;
    await nextTurn();
    this.sliceBeganMs = performance.now();
  }
}
