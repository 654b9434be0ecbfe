import { KittiwakeError } from '../errors.js';
import type { Off } from '../listeners.js';
import type { ListenOptions, SendOptions } from '../options.js';
import { awaited, DISPOSE, ending, guarded, platform, type Signal } from '../platform.js';
import { createReader, type Reader, type ReadOptions } from '../reader.js';
import type { TopicBook } from './topic-book.js';
import type { TopicEvent } from './topic-event.js';
import type { Follower, Told } from './wire-topic.js';

export interface OpenOptions {
  readonly fields?: object;
  readonly recover?: boolean;
  readonly presence?: boolean;
  readonly signal?: Signal;
}

/** One who follows a topic: what `topic()` gives. */
export function openTopic(
  book: TopicBook,
  name: string,
  { fields = {}, recover = true, presence = false, signal }: OpenOptions,
): object {
  const { connection } = book;
  const wire = book.open(name, { fields, recover, presence });
  const release = connection.hold();
  const hearers = new Map<Follower, Off>();
  /** Those that were added in this turn of the event loop, and begin together. */
  let late: Set<Follower> | undefined;
  let isClosed = false;

  const isEnded = (): boolean => isClosed || wire.status === 'ended';
  const ended = (): KittiwakeError => wire.error ?? new KittiwakeError('closed');

  const tell = (told: Told): void => {
    for (const hear of Array.from(hearers.keys())) if (!late?.has(hear)) hear(told);
    // What was refused to nobody is asked for again when somebody logs in.
    if (isEnded() && wire.error?.code !== 'authentication_required') close();
  };

  const listen = (hear: Follower, signal?: Signal): Off => {
    const off = ending(() => hearers.delete(hear), signal);
    if (!signal?.aborted) hearers.set(hear, off);
    return off;
  };

  /** Tells those who come later what they have missed. */
  const begin = (group: Iterable<Follower>): void => {
    if (isEnded()) return;
    if (!wire.log) book.refresh(wire);
    for (const event of wire.log ?? []) for (const hear of group) if (hearers.has(hear)) hear(event);
  };

  const beginTogether = (hear: Follower): void => {
    if (!late) {
      const group = (late = new Set());
      platform.queueMicrotask(() => {
        late = undefined;
        begin(group);
      });
    }
    late.add(hear);
  };

  const on = (what: string, fn: (...args: unknown[]) => void, { signal }: ListenOptions = {}): Off => {
    const hear: Follower = (told) => {
      const [type, ...args]: unknown[] = Object.values(told); // In the order in which they are heard.
      if (what === type) guarded(() => fn(...args));
      else if (what === 'event' && type !== 'status') guarded(() => fn(told));
    };
    const off = listen(hear, signal);
    if (what === 'event') begin([hear]);
    else if (what === 'state' || what === 'update') beginTogether(hear);
    return off;
  };

  const read = (options: ReadOptions = {}, left?: () => void): Reader<TopicEvent> => {
    const hear: Follower = (told) => {
      if (told.type !== 'status') reader.push(told);
      else if (told.status === 'ended') reader.end(told.error?.code === 'closed' ? undefined : told.error);
    };
    const off = listen(hear);
    const reader = createReader<TopicEvent>(options, () => {
      off();
      left?.();
    });
    begin([hear]);
    if (isEnded()) hear({ type: 'status', status: 'ended', error: wire.error });
    return reader;
  };

  const topic = {
    name,
    get status() {
      return isClosed ? 'ended' : wire.status;
    },
    get error() {
      return wire.error;
    },
    get members() {
      return wire.members;
    },
    get count() {
      return wire.members?.size ?? wire.count;
    },
    ready: ({ signal }: ListenOptions = {}) =>
      awaited(
        (changed) => on('status', changed),
        (resolve, reject) => {
          const [first] = wire.log ?? [];
          if (isEnded()) reject(ended());
          else if (wire.status !== 'live') return;
          else if (first ?? !book.kind.hasState) resolve(first?.state);
          else book.refresh(wire);
        },
        signal,
      ),
    on,
    events: (options?: ReadOptions) => read(options),
    [Symbol.asyncIterator]: () => read({}, close),
    async send(data: unknown, options?: SendOptions) {
      const isReady = (): boolean => {
        if (isEnded()) throw ended();
        return !!wire.has && !wire.askedId;
      };
      const frame = { event: 'message', subscription: name, data };
      return (await connection.requests.ask(frame, options, { isReady })).data;
    },
    refresh: () => book.refresh(wire),
    close: () => close(),
    [DISPOSE]: () => close(),
  };
  wire.followers.add(tell);
  const close = ending(() => {
    if (isClosed) return;
    const wasEnded = isEnded();
    isClosed = true;
    wire.followers.delete(tell);
    if (!wasEnded) tell({ type: 'status', status: 'ended' });
    for (const off of hearers.values()) off();
    book.schedule();
    connection.requests.flush();
    release();
  }, signal);
  return topic;
}
