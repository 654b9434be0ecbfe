import { KittiwakeError } from '../errors.js';
import { Listeners, type Off } from '../listeners.js';
import type { ListenOptions, SendOptions } from '../options.js';
import { awaited, DISPOSE, guarded, onAbort, platform, type Signal } from '../platform.js';
import { Reader, type ReadOptions } from '../reader.js';
import type { TopicBook } from './topic-book.js';
import type { Gap, Member, Meta, PresenceChange, Status, TopicEvent } from './topic-event.js';
import type { Follower, WireTopic } from './wire-topic.js';

interface Events {
  state: [unknown, Meta];
  update: [unknown, Meta];
  gap: [Gap];
  presence: [PresenceChange];
  status: [Status, KittiwakeError?];
  event: [TopicEvent];
}

/** Listeners that were added in one turn of the event loop, and begin together. */
interface Latecomers {
  isWaiting: boolean;
  readonly hear: ((event: TopicEvent) => void)[];
}

export interface OpenOptions {
  readonly fields?: object;
  readonly recover?: boolean;
  readonly presence?: boolean;
  readonly signal?: Signal;
}

/** One who follows a topic: what `topic()` gives. */
export class OpenTopic implements Follower {
  readonly name: string;
  readonly #book: TopicBook;
  readonly #wire: WireTopic;
  readonly #release: Off;
  readonly #listeners = new Listeners<Events>();
  readonly #readers = new Set<Reader<TopicEvent>>();
  #late: Latecomers = { isWaiting: false, hear: [] };
  #isClosed = false;
  readonly #forget: Off | undefined;

  constructor(
    book: TopicBook,
    name: string,
    { fields = {}, recover = true, presence = false, signal }: OpenOptions,
  ) {
    this.name = name;
    this.#book = book;
    this.#release = book.connection.hold();
    try {
      this.#wire = book.open(name, { fields, recover, presence });
    } catch (error) {
      this.#release();
      throw error;
    }
    this.#wire.followers.add(this);
    this.#forget = onAbort(signal, this.close);
  }

  get status(): Status {
    return this.#isClosed ? 'ended' : this.#wire.status;
  }

  get error(): KittiwakeError | undefined {
    return this.#wire.error;
  }

  get members(): ReadonlyMap<Member['key'], Member> | undefined {
    return this.#wire.members;
  }

  get count(): number | undefined {
    return this.#wire.members?.size ?? this.#wire.count;
  }

  ready({ signal }: ListenOptions = {}): Promise<unknown> {
    return awaited(
      (changed) => this.#listeners.on('status', changed),
      (resolve, reject) => {
        const [first] = this.#wire.log ?? [];
        if (this.status === 'ended') reject(this.error ?? new KittiwakeError('closed'));
        else if (this.status !== 'live') return;
        else if (first?.type === 'state') resolve(first.state);
        else this.refresh();
      },
      signal,
    );
  }

  on<K extends keyof Events>(name: K, fn: (...args: Events[K]) => void, options?: ListenOptions): Off {
    const { log } = this.#wire;
    if (name === 'status' || name === 'presence' || log?.length === 0 || this.status === 'ended')
      return this.#listeners.on(name, fn, options);
    if (!log) this.refresh();
    else if (name !== 'event') return this.#begin(name, fn, options);
    const off = this.#listeners.on(name, fn, options);
    for (const event of log ?? []) guarded(() => (fn as (event: TopicEvent) => void)(event));
    return off;
  }

  events(options: ReadOptions = {}): Reader<TopicEvent> {
    let off: Off | undefined;
    const reader = new Reader<TopicEvent>(options, () => {
      off?.();
      this.#readers.delete(reader);
    });
    this.#readers.add(reader);
    off = this.on('event', (event) => reader.push(event));
    if (this.status === 'ended') this.#endReaders();
    return reader;
  }

  [Symbol.asyncIterator](): Reader<TopicEvent> {
    const reader = this.events();
    const end = reader.return.bind(reader);
    reader.return = () => {
      this.close();
      return end();
    };
    return reader;
  }

  async send(data: unknown, options?: SendOptions): Promise<unknown> {
    const isReady = (): boolean => {
      if (this.status === 'ended') throw this.error ?? new KittiwakeError('closed');
      return this.#wire.phase === 'on';
    };
    const frame = { event: 'message', subscription: this.name, data };
    return (await this.#book.connection.requests.ask({ frame, isReady }, options)).data;
  }

  refresh(): void {
    this.#book.refresh(this.#wire);
  }

  readonly close = (): void => {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#forget?.();
    this.#wire.followers.delete(this);
    this.#endReaders();
    this.#listeners.emit('status', 'ended');
    this.#listeners.clear();
    this.#book.left(this.#wire);
    this.#book.connection.requests.flush();
    this.#release();
  };

  readonly [DISPOSE] = this.close;

  happened(event: TopicEvent): void {
    this.#listeners.emit('event', event);
    if (event.type === 'state') this.#listeners.emit('state', event.state, event.meta);
    else if (event.type === 'update') this.#listeners.emit('update', event.data, event.meta);
    else if (event.type === 'gap') this.#listeners.emit('gap', event.gap);
    else this.#listeners.emit('presence', event.change);
  }

  turned(status: Status, error?: KittiwakeError): void {
    this.#listeners.emit('status', status, error);
    if (status === 'ended') this.#endReaders();
  }

  #endReaders(): void {
    const error = this.error?.code === 'closed' ? undefined : this.error;
    for (const reader of this.#readers) reader.end(error);
  }

  #begin<K extends keyof Events>(name: K, fn: (...args: Events[K]) => void, options?: ListenOptions): Off {
    if (!this.#late.isWaiting) {
      this.#late = { isWaiting: true, hear: [] };
      platform.queueMicrotask(() => this.#catchUp());
    }
    const late = this.#late;
    let isOff = false;
    const off = this.#listeners.on(name, (...args) => !late.isWaiting && fn(...args), options);
    late.hear.push((event) => {
      if (!isOff && !options?.signal?.aborted) hear(name, fn as (...args: unknown[]) => void, event);
    });
    return () => {
      isOff = true;
      off();
    };
  }

  #catchUp(): void {
    this.#late.isWaiting = false;
    if (this.#isClosed) return;
    if (!this.#wire.log) return this.refresh();
    for (const event of this.#wire.log) for (const one of this.#late.hear) one(event);
  }
}

function hear(name: string, fn: (...args: unknown[]) => void, event: TopicEvent): void {
  if (event.type !== name) return;
  if (event.type === 'state') guarded(() => fn(event.state, event.meta));
  else if (event.type === 'update') guarded(() => fn(event.data, event.meta));
}
