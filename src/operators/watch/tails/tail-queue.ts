const MAX_EVENTS = 1_000;
/** The most characters that the events describe. */
const MAX_LENGTH = 1_048_576;

/** An event for somebody who follows. Its members are in their wire form. */
export interface TailEvent {
  readonly event: string;
  readonly [member: string]: unknown;
}

interface Waiting {
  readonly event: TailEvent;
  readonly length: number;
}

/** The events that somebody who follows has yet to take. What there is no room for is counted, and told. */
export class TailQueue {
  private waiting: Waiting[] = [];
  private length = 0;
  private dropped = 0;
  private wake = (): void => undefined;

  /** @param signal when it is aborted, nothing more is to be taken. */
  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', () => this.wake(), { once: true });
  }

  /** @param make is not called where there is no room. @param length how much it takes, about. */
  add(length: number, make: () => TailEvent): void {
    if (this.waiting.length >= MAX_EVENTS || this.length + length > MAX_LENGTH) this.drop(1);
    else {
      this.waiting.push({ event: make(), length });
      this.length += length;
      this.wake();
    }
  }

  /** Counts what could not be told. */
  drop(count: number): void {
    this.dropped += count;
    this.wake();
  }

  /** Waits for the next. @returns nothing once the signal is aborted. */
  async take(): Promise<TailEvent | undefined> {
    while (!this.signal.aborted) {
      const next = this.waiting.shift();
      if (next) {
        this.length -= next.length;
        return next.event;
      }
      if (this.dropped > 0) return this.droppedEvent();
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return undefined;
  }

  private droppedEvent(): TailEvent {
    const count = this.dropped;
    this.dropped = 0;
    return { event: 'dropped', count };
  }
}
