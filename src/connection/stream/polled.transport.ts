import { namedEvent } from './event-framing.js';
import { closeEvent, type SessionRules, SessionTransport } from './session.transport.js';

/** So much waits for the next answer before it is full, as in a socket. */
const FULL_BYTES = 16_384;
const NOTHING = Buffer.alloc(0);

/** The answer to a poll. */
export interface PollAnswer {
  /** To be acknowledged by the next poll. */
  readonly number: number;
  /** Events; none when nothing has come in time. */
  readonly events: Buffer;
}

interface Poll {
  readonly answer: (answer: PollAnswer) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Carries a connection over many short answers, for clients behind a proxy that holds answers back until they are whole.
 * What was answered is kept until the client acknowledges it, and answered again if it does not.
 */
export class PolledTransport extends SessionTransport {
  readonly kind = 'poll';
  readonly pingFrame = undefined;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private unacknowledged = NOTHING;
  private lastNumber = 0;
  private acknowledged = 0;
  private poll: Poll | undefined;
  private gap: NodeJS.Timeout | undefined;
  private readonly drains = new Set<() => void>();

  /** @param gapMs the time between two polls after which the client is gone. */
  constructor(
    private readonly gapMs: number,
    rules: SessionRules,
  ) {
    super(rules);
  }

  /** Has the first answer tell the session. */
  begin(session: string): void {
    this.keep(namedEvent('session', session));
  }

  /**
   * Answers with what the client is sent next, within a time. A poll that is still open is answered with nothing.
   * @param acknowledged the number of the last answer that the client has got, 0 for none.
   * @returns nothing when it is neither the last one nor the one before.
   */
  next(acknowledged: number, waitMs: number): Promise<PollAnswer> | undefined {
    if (!this.acknowledge(acknowledged)) return undefined;
    this.settle();
    clearTimeout(this.gap);
    return new Promise((answer) => {
      this.poll = { answer, timer: setTimeout(() => this.answer(), waitMs) };
      if (this.waitingBytes > 0 && !this.isFirst) this.answer();
    });
  }

  /** The last answer, until it is acknowledged. */
  get last(): PollAnswer {
    return { number: this.lastNumber, events: this.unacknowledged };
  }

  /** See {@link Sink.bufferedBytes}. */
  get bufferedBytes(): number {
    return this.waitingBytes + this.unacknowledged.length;
  }

  /** See {@link Sink.isFull}. */
  get isFull(): boolean {
    return this.waitingBytes >= FULL_BYTES;
  }

  /** See {@link Sink.write}. */
  write(frames: Buffer): boolean {
    if (this.isClosing) return false;
    this.keep(frames);
    this.answer();
    return this.bufferedBytes > 0;
  }

  /** See {@link Sink.onceDrained}. */
  onceDrained(listener: () => void): void {
    this.drains.add(listener);
  }

  /** See {@link Sink.offDrained}. */
  offDrained(listener: () => void): void {
    this.drains.delete(listener);
  }

  /** Is told by the poll that is open, or by the next one. See {@link Transport.close}. */
  close(code: number, text?: string): void {
    if (this.isClosing) return;
    this.isClosing = true;
    this.keep(closeEvent(code, text));
    this.answer();
  }

  /** See {@link Transport.terminate}. */
  terminate(): void {
    this.end();
  }

  protected end(): void {
    clearTimeout(this.gap);
    this.settle();
    this.gone();
  }

  /** The first answer waits for the first frame, which comes at the end of the turn. */
  private get isFirst(): boolean {
    return this.lastNumber === 0 && this.waiting.length === 1;
  }

  private keep(events: Buffer): void {
    this.waiting.push(events);
    this.waitingBytes += events.length;
  }

  private acknowledge(number: number): boolean {
    if (number !== this.lastNumber && number !== this.acknowledged) return false;
    if (number !== this.lastNumber) {
      this.waiting.unshift(this.unacknowledged);
      this.waitingBytes += this.unacknowledged.length;
    }
    this.unacknowledged = NOTHING;
    this.acknowledged = number;
    return true;
  }

  /** Answers the open poll, if there is one, with what waits. */
  private answer(): void {
    const { poll } = this;
    if (!poll) return;
    this.forgetPoll(poll);
    if (this.waitingBytes > 0) {
      this.lastNumber++;
      this.unacknowledged = Buffer.concat(this.waiting);
      this.waiting = [];
      this.waitingBytes = 0;
    }
    poll.answer(this.last);
    if (this.isClosing) this.end();
    else this.drained();
  }

  private settle(): void {
    const { poll } = this;
    if (!poll) return;
    this.forgetPoll(poll);
    poll.answer({ number: this.acknowledged, events: NOTHING });
  }

  private forgetPoll({ timer }: Poll): void {
    clearTimeout(timer);
    this.poll = undefined;
    clearTimeout(this.gap);
    this.gap = setTimeout(() => this.end(), this.gapMs).unref();
  }

  private drained(): void {
    const listeners = [...this.drains];
    this.drains.clear();
    for (const listener of listeners) listener();
  }
}
