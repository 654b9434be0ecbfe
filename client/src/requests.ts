import type { Clock } from './clock.js';
import { errorOf, KittiwakeError } from './errors.js';
import type { SendOptions } from './options.js';
import { onAbort } from './platform.js';

/** What a gateway answers: `more` says that further replies follow. */
export interface Reply {
  readonly status?: unknown;
  readonly data?: unknown;
  readonly more?: unknown;
  readonly expires_in?: unknown;
}

/** Something that is asked of the gateway once, and settles once. */
export interface Request {
  readonly frame: object;
  /** False: it may not be sent yet. @throws what it is to be rejected with. */
  readonly isReady?: () => boolean;
  /** Hears of replies that others follow; from the first on there is no time limit. */
  readonly more?: (reply: Reply) => void;
  /** It can be cancelled at the gateway. */
  readonly isCall?: boolean;
}

/** What requests are sent over. */
export interface Sender {
  readonly isLive: boolean;
  /** Whether a refusal for want of an identity may be undone yet. */
  readonly isProving: boolean;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly maxWaiting: number;
  send(frame: object): void;
  hold(): () => void;
}

interface Pending extends Request, SendOptions {
  id: number;
  sent: boolean;
  isSettled: boolean;
  settle(error: unknown, reply?: Reply): void;
  heard(): void;
}

/** Calls and messages: they wait for the connection within limits, and say whether they were sent. */
export class Requests {
  readonly #sender: Sender;
  readonly #sent = new Map<number, Pending>();
  #waiting: Pending[] = [];
  #lastId = 0;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  get counts(): { pending: number; queued: number } {
    return { pending: this.#sent.size, queued: this.#waiting.length };
  }

  nextId(): number {
    return ++this.#lastId;
  }

  /** Resolves with the last reply. @throws KittiwakeError, or the reason of the signal. */
  ask(request: Request, options: SendOptions = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted) return reject(options.signal.reason);
      const pending = this.#pend(request, options, (error, reply) =>
        reply ? resolve(reply) : reject(error),
      );
      this.#begin(pending);
    });
  }

  /** Sends what waits and may go. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const pending of waiting) if (!this.#trySend(pending)) this.#waiting.push(pending);
  }

  /** @returns whether somebody has waited for this reply. */
  replied(id: unknown, reply: Reply): boolean {
    const pending = this.#sent.get(id as number);
    if (!pending) return false;
    if (reply.status !== 'ok') this.#refused(pending, errorOf(reply));
    else if (!reply.more) pending.settle(undefined, reply);
    else {
      pending.heard();
      pending.more?.(reply);
    }
    return true;
  }

  /** The connection is lost: what was sent has been done, or not. */
  lost(): void {
    for (const pending of this.#sent.values()) {
      if (pending.retry) this.#again(pending);
      else pending.settle(new KittiwakeError('connection_lost', undefined, { sent: true }));
    }
  }

  /** Nothing comes any more: rejects everything. */
  closed(error: KittiwakeError): void {
    for (const pending of [...this.#sent.values(), ...this.#waiting]) {
      const { code, message, temporary } = error;
      pending.settle(new KittiwakeError(code, message, { temporary, sent: pending.sent, cause: error }));
    }
  }

  #pend(request: Request, options: SendOptions, done: (error: unknown, reply?: Reply) => void): Pending {
    const { clock, timeoutMs } = this.#sender;
    const { signal } = options;
    const release = this.#sender.hold();
    const stop = (error: unknown): void => {
      if (pending.isCall && this.#sent.has(pending.id))
        this.#sender.send({ event: 'cancel', id: pending.id });
      pending.settle(error);
    };
    const aborted = (): void => stop(signal!.reason);
    const late = (): void => stop(new KittiwakeError('timeout', undefined, { sent: pending.sent }));
    const afterMs = options.timeoutMs ?? timeoutMs;
    const timer = afterMs > 0 && clock.set(late, afterMs);
    const forget = onAbort(signal, aborted);
    const pending: Pending = {
      ...request,
      ...options,
      id: 0,
      sent: false,
      isSettled: false,
      heard: () => timer && clock.clear(timer),
      settle: (error, reply) => {
        if (pending.isSettled) return;
        pending.isSettled = true;
        pending.heard();
        forget();
        this.#sent.delete(pending.id);
        this.#waiting = this.#waiting.filter((other) => other !== pending);
        release();
        done(error, reply);
      },
    };
    return pending;
  }

  #begin(pending: Pending): void {
    if (this.#trySend(pending)) return;
    if (pending.wait === false) pending.settle(new KittiwakeError('not_connected'));
    else if (this.#waiting.length >= this.#sender.maxWaiting)
      pending.settle(new KittiwakeError('queue_full'));
    else this.#waiting.push(pending);
  }

  /** @returns whether it need not wait. */
  #trySend(pending: Pending): boolean {
    try {
      if (pending.isSettled) return true;
      if (!this.#sender.isLive || pending.isReady?.() === false) return false;
    } catch (error) {
      pending.settle(error);
      return true;
    }
    pending.id = this.nextId();
    pending.sent = true;
    this.#sent.set(pending.id, pending);
    this.#sender.send({ ...pending.frame, id: pending.id });
    return true;
  }

  #refused(pending: Pending, error: KittiwakeError): void {
    if (error.code === 'authentication_required' && this.#sender.isProving) this.#again(pending);
    else pending.settle(error);
  }

  #again(pending: Pending): void {
    this.#sent.delete(pending.id);
    this.#waiting.push(pending);
  }
}
