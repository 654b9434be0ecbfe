/** The time for the events of clients in a turn of the event loop, before all else has its own. */
const SLICE_MS = 10;

/** Has work that can be put off between any two pieces of it. */
export interface Worker {
  /** Goes on; MUST ask {@link LoopShare.grants} before each piece. */
  work(): void;
}

/**
 * Shares the event loop between the clients whose events are handled: in one turn, they take no longer than a slice of
 * time, and the piece that was begun in it. Workers that get no more wait in line, so that a burst of one client holds
 * up neither the others nor deliveries to them.
 */
export class LoopShare {
  private waiting: Worker[] = [];
  /** The first that waits; those before it have had their turn. */
  private first = 0;
  /** The worker whose turn it is, among those that waited. */
  private current: Worker | undefined;
  private endsAtMs = 0;
  private isTurnDue = false;

  /** @param clock in milliseconds; not what `monotonicMs` rounds. */
  constructor(private readonly clock: () => number = () => performance.now()) {}

  /**
   * Whether there is time for one more piece of work.
   * @returns false when there is not, or when others wait: `work` will be called, once.
   */
  grants(worker: Worker, nowMs: number): boolean {
    if (!this.isTurnDue) {
      this.isTurnDue = true;
      this.endsAtMs = nowMs + SLICE_MS;
      setImmediate(this.turn);
    }
    if (nowMs < this.endsAtMs && (worker === this.current || this.isNobodyWaiting)) return true;
    this.waiting.push(worker);
    return false;
  }

  private get isNobodyWaiting(): boolean {
    return this.first === this.waiting.length;
  }

  private readonly turn = (): void => {
    if (this.isNobodyWaiting) {
      this.isTurnDue = false;
      return;
    }
    this.endsAtMs = this.clock() + SLICE_MS;
    this.next();
  };

  private readonly next = (): void => {
    this.current = this.waiting[this.first++];
    this.compact();
    try {
      this.current?.work();
    } finally {
      this.current = undefined;
      if (this.isNobodyWaiting || this.clock() >= this.endsAtMs) setImmediate(this.turn);
      else queueMicrotask(this.nextWhenSettled);
    }
  };

  /** Runs after the promise jobs of the worker before, whose time counts as its own. */
  private readonly nextWhenSettled = (): void => process.nextTick(this.next);

  private compact(): void {
    if (this.isNobodyWaiting) this.waiting = [];
    else if (this.first >= 1024) this.waiting = this.waiting.slice(this.first);
    else return;
    this.first = 0;
  }
}
