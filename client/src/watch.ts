import type { Clock } from './clock.js';

export interface PingOptions {
  /** A ping goes out after such a silence. Default: 15,000 ms. */
  readonly everyMs?: number;
  /** Nothing for so long after a ping: the connection is dead. Default: 10,000 ms. */
  readonly withinMs?: number;
}

/** How long an answer may take while a page is hidden, where browsers hold timers and frames back. */
const HIDDEN_MS = 60_000;
/** A timer that is later than this was held back, and what came meanwhile is not read yet. */
const LATE_MS = 1000;

/** Notices that nothing comes any more: `onclose` and `readyState` do not tell. */
export class Watch {
  isHidden = false;
  rttMs: number | undefined;
  readonly #everyMs: number;
  readonly #withinMs: number;
  #timer: unknown;
  #heardMs = 0;
  #pingedMs = 0;
  #isAnswered = true;

  constructor(
    readonly clock: Clock,
    { everyMs = 15_000, withinMs = 10_000 }: PingOptions,
    readonly ping: () => void,
    readonly dead: () => void,
  ) {
    this.#everyMs = everyMs;
    this.#withinMs = withinMs;
  }

  start(): void {
    this.heard();
    this.#wait(this.#everyMs);
  }

  stop(): void {
    this.clock.clear(this.#timer);
  }

  /** A frame has come, which one does not matter. */
  heard(): void {
    this.#heardMs = this.clock.now();
    this.#isAnswered = true;
  }

  ponged(): void {
    this.rttMs = this.clock.now() - this.#pingedMs;
  }

  /** Looks at once, if nothing has come for so long. */
  probe(withinMs: number, silentMs = 0): void {
    if (this.clock.now() - this.#heardMs >= silentMs) this.#ping(withinMs);
  }

  #ping(withinMs: number): void {
    this.#pingedMs = this.clock.now();
    this.#isAnswered = false;
    this.ping();
    this.#wait(withinMs);
  }

  #wait(ms: number): void {
    this.clock.clear(this.#timer);
    const dueMs = this.clock.now() + ms;
    this.#timer = this.clock.set(() => this.#look(dueMs), ms);
  }

  #look(dueMs: number): void {
    const nowMs = this.clock.now();
    if (!this.#isAnswered) {
      if (nowMs - dueMs > LATE_MS) this.#wait(LATE_MS);
      else this.dead();
      return;
    }
    const silentMs = nowMs - this.#heardMs;
    if (silentMs < this.#everyMs) this.#wait(this.#everyMs - silentMs);
    else this.#ping(this.isHidden ? HIDDEN_MS : this.#withinMs);
  }
}
