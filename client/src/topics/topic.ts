import { type Client, connectionOf } from '../client.js';
import type { Connection } from '../connection.js';
import type { KittiwakeError } from '../errors.js';
import type { Off } from '../listeners.js';
import type { ListenOptions, SendOptions } from '../options.js';
import type { ReadOptions } from '../reader.js';
import type { Schema, TopicName, TopicPart } from '../schema.js';
import { type OpenOptions, openTopic } from './open-topic.js';
import { createBook, type TopicBook } from './topic-book.js';
import { TOPICS } from './topic-kind.js';
import type { Gap, Member, Meta, PresenceChange, Status, TopicEvent } from './topic-event.js';

export interface TopicOptions<F = object> extends ListenOptions {
  /** The extra fields of the subscription. */
  readonly fields?: F;
  /** True: members are told, if the service has that. */
  readonly presence?: boolean;
  /** False: what was missed is never asked for, and a reconnection brings the state. Default: true. */
  readonly recover?: boolean;
}

/**
 * A topic that is followed until it is closed. Topics of one name share a subscription. Listeners that are added in one
 * turn of the event loop begin together: with the state, and what has come since. `for await` reads everything in order,
 * and leaving the loop closes the topic.
 */
export interface Topic<St = unknown, U = unknown, M = unknown, R = unknown, P = unknown>
  extends Disposable, AsyncIterable<TopicEvent<St, U, P>> {
  readonly name: string;
  readonly status: Status;
  /** Why it has ended, or is not live. */
  readonly error: KittiwakeError | undefined;
  /** The members, by key; undefined: not known, or not for this client. The same map, changed, until all are told anew. */
  readonly members: ReadonlyMap<Member['key'], Member<P>> | undefined;
  /** The number of members, if that is known. */
  readonly count: number | undefined;
  /** Resolves with the state when it is live. @throws KittiwakeError when it ends first. */
  ready(options?: ListenOptions): Promise<St>;
  on(name: 'state', fn: (state: St, meta: Meta) => void, options?: ListenOptions): Off;
  on(name: 'update', fn: (data: U, meta: Meta) => void, options?: ListenOptions): Off;
  on(name: 'gap', fn: (gap: Gap) => void, options?: ListenOptions): Off;
  on(name: 'presence', fn: (change: PresenceChange<P>) => void, options?: ListenOptions): Off;
  on(name: 'status', fn: (status: Status, error?: KittiwakeError) => void, options?: ListenOptions): Off;
  /** Hears of all of it in order, and begins at once. */
  on(name: 'event', fn: (event: TopicEvent<St, U, P>) => void, options?: ListenOptions): Off;
  /** All of it in order, for `for await`; the topic stays open after the loop. */
  events(options?: ReadOptions): AsyncIterableIterator<TopicEvent<St, U, P>>;
  /** Hands data to the app. @returns what `onMessage` answers. @throws KittiwakeError */
  send(data: M, options?: SendOptions): Promise<R>;
  /** Asks for the state anew. */
  refresh(): void;
  close(): void;
}

const topicsOf = (connection: Connection): TopicBook => createBook(connection, TOPICS);

/** Opens a topic, `<service>.<topic>`. @throws TypeError without a name, and when it is open with other fields; KittiwakeError `closed`. */
export function topic<S extends Schema, const N extends TopicName<S>>(
  client: Client<S>,
  name: N,
  options: TopicOptions<TopicPart<S, N, 'fields'>> = {},
): Topic<
  TopicPart<S, N, 'state'>,
  TopicPart<S, N, 'update'>,
  TopicPart<S, N, 'message'>,
  TopicPart<S, N, 'reply'>,
  TopicPart<S, N, 'presence'>
> {
  // Its refusal would come without a name, as that of all topics of an event does.
  if (!name) throw new TypeError('a topic has a name');
  const book = connectionOf(client).part(topicsOf);
  return openTopic(book, name, options as OpenOptions) as never;
}
