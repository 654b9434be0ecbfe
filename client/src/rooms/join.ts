import { type Client, connectionOf } from '../client.js';
import type { Connection } from '../connection.js';
import type { KittiwakeError } from '../errors.js';
import type { Off } from '../listeners.js';
import type { ListenOptions } from '../options.js';
import { DISPOSE } from '../platform.js';
import type { RoomOf, RoomPart, Schema } from '../schema.js';
import { openTopic } from '../topics/open-topic.js';
import { createBook, type TopicBook } from '../topics/topic-book.js';
import type { Gap, Member, Meta, PresenceChange, Status } from '../topics/topic-event.js';
import type { Topic } from '../topics/topic.js';
import { roomKind } from './room-kind.js';

export interface RoomOptions extends ListenOptions {
  /** True: members are told, if rooms have that. */
  readonly presence?: boolean;
  /** False: what was missed is never asked for. Default: true. */
  readonly recover?: boolean;
}

/**
 * A room that one is in until it is closed. Those with the same keys and values share one membership. `for await` reads what is
 * triggered, and leaving the loop closes the room.
 */
export interface Room<D = unknown, P = unknown> extends Disposable, AsyncIterable<D> {
  readonly status: Status;
  /** Why it has ended, or is not live. */
  readonly error: KittiwakeError | undefined;
  /** The members, by key; undefined: not known, or not for this client. The same map, changed, until all are told anew. */
  readonly members: ReadonlyMap<Member['key'], Member<P>> | undefined;
  /** The number of members, if that is known. */
  readonly count: number | undefined;
  /** Resolves when one is in it. @throws KittiwakeError when it ends first. */
  ready(options?: ListenOptions): Promise<void>;
  /** Hears of what is triggered. */
  on(name: 'data', fn: (data: D, meta: Meta) => void, options?: ListenOptions): Off;
  /** Triggers were missed; so it is after each reconnection where they are not kept. */
  on(name: 'gap', fn: (gap: Gap) => void, options?: ListenOptions): Off;
  on(name: 'presence', fn: (change: PresenceChange<P>) => void, options?: ListenOptions): Off;
  on(name: 'status', fn: (status: Status, error?: KittiwakeError) => void, options?: ListenOptions): Off;
  close(): void;
}

const bookOf = (connection: Connection): TopicBook => createBook(connection, roomKind(connection));

/** Joins a room. @param room its keys and values. @throws KittiwakeError `closed` */
export function join<S extends Schema>(
  client: Client<S>,
  room: RoomOf<S>,
  options?: RoomOptions,
): Room<RoomPart<S, 'data'>, RoomPart<S, 'presence'>> {
  const book = connectionOf(client).part(bookOf);
  const keys = Object.keys(room).toSorted() as (keyof typeof room)[];
  const fields = Object.fromEntries(keys.map((key) => [key, room[key]]));
  const opened = openTopic(book, JSON.stringify(fields), { ...options, fields }) as Topic;
  return {
    get status() {
      return opened.status;
    },
    get error() {
      return opened.error;
    },
    get members() {
      return opened.members;
    },
    get count() {
      return opened.count;
    },
    ready: async (listenOptions?: ListenOptions) => void (await opened.ready(listenOptions)),
    on: (name: string, fn: never, listenOptions?: ListenOptions) =>
      opened.on((name === 'data' ? 'update' : name) as 'update', fn, listenOptions),
    async *[Symbol.asyncIterator]() {
      for await (const event of opened) if (event.type === 'update') yield event.data;
    },
    close: () => opened.close(),
    [DISPOSE]: () => opened.close(),
  } as never;
}
