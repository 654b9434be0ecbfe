import { Fifo } from '../../../base/fifo.js';

/** The longest time of handling messages at a stretch, in milliseconds; then everything else has its turn. */
const SLICE_MS = 10;
/** The most that waits: beyond it, nothing is read from Redis until half of it is handled. */
const MAX_WAITING_BYTES = 4_194_304;
/** The estimated cost of a waiting message beside its bytes. */
const MESSAGE_BYTES = 256;

/** The source of messages, such as a socket. */
export interface Feed {
  pause(): unknown;
  resume(): unknown;
}

/** The delay of a message that could not be handled at once. */
export interface Delay {
  /** The time of its arrival, in milliseconds since the epoch. */
  readonly receivedAtMs: number;
  /** The number of messages that wait behind it. */
  readonly queueSize: number;
}

interface Message {
  readonly channel: Buffer;
  readonly bytes: Buffer;
  readonly receivedAtMs: number;
}

interface Arrival {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/**
 * Hands messages over in the order in which they came: at once, so that what one read brings is sent on together, but
 * in a flood slice by slice. What waits is bounded: the socket is not read, and Redis ends a connection that stays
 * behind (`client-output-buffer-limit pubsub`), which is a loss that is reported.
 */
export class Arrivals {
  private readonly waiting = new Fifo<Message>();
  private waitingBytes = 0;
  private spentMs = 0;
  /** The time up to which `spentMs` counts, by `performance.now()`. */
  private countedAt = 0;
  private isResting = false;
  private isPaused = false;
  private isClosed = false;
  private arrival: Arrival | undefined;

  constructor(
    /** MUST NOT throw. */
    private readonly handle: (channel: Buffer, bytes: Buffer, delay?: Delay) => void,
    private readonly feed: Feed,
  ) {}

  /** Called before a read, whose messages are pushed in the same turn: their time counts from here. */
  begin(): void {
    this.countedAt = performance.now();
  }

  push(channel: Buffer, bytes: Buffer): void {
    if (this.isClosed) return;
    if (this.arrival) this.announce(this.arrival);
    if (this.isResting) this.keep({ channel, bytes, receivedAtMs: Date.now() });
    else this.run(channel, bytes);
  }

  /** Resolves with the next message; at once while messages wait, as later ones may still be unread. */
  arrived(): Promise<void> {
    if (this.isResting) return Promise.resolve();
    this.arrival ??= newArrival();
    return this.arrival.promise;
  }

  /** Drops messages that wait, and later ones. */
  close(): void {
    this.isClosed = true;
    this.waiting.clear();
  }

  private run(channel: Buffer, bytes: Buffer, delay?: Delay): void {
    this.handle(channel, bytes, delay);
    const now = performance.now();
    this.spentMs += now - this.countedAt;
    this.countedAt = now;
    if (this.spentMs < SLICE_MS) return;
    this.isResting = true;
    // Runs after the deliveries of the handled messages are written: their setImmediate came first.
    setImmediate(() => this.goOn());
  }

  private goOn(): void {
    this.begin();
    this.spentMs = 0;
    this.isResting = false;
    for (let one = this.waiting.shift(); one; one = this.isResting ? undefined : this.waiting.shift()) {
      this.waitingBytes -= one.bytes.length + MESSAGE_BYTES;
      const { receivedAtMs } = one;
      this.run(one.channel, one.bytes, { receivedAtMs, queueSize: this.waiting.length });
    }
    if (!this.isPaused || this.waitingBytes > MAX_WAITING_BYTES / 2) return;
    this.isPaused = false;
    this.feed.resume();
  }

  private keep(message: Message): void {
    this.waiting.push(message);
    this.waitingBytes += message.bytes.length + MESSAGE_BYTES;
    if (this.isPaused || this.waitingBytes <= MAX_WAITING_BYTES) return;
    this.isPaused = true;
    this.feed.pause();
  }

  private announce(arrival: Arrival): void {
    this.arrival = undefined;
    arrival.resolve();
  }
}

function newArrival(): Arrival {
  let resolve!: () => void;
  const promise = new Promise<void>((onResolve) => (resolve = onResolve));
  return { promise, resolve };
}
