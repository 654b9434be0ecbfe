import { Fifo } from '../../base/fifo.js';
import type { AcceptLimits } from '../connection.settings.js';

/**
 * Lets clients in, so many per turn of the event loop and the others later, in the order in which they came: when many
 * come at once, connected clients are served in between.
 */
export class AcceptQueue<T> {
  private readonly waiting = new Fifo<T>();
  private letInThisTick = 0;
  private isTurnDue = false;

  constructor(
    private readonly limits: AcceptLimits,
    private readonly letIn: (client: T) => void,
  ) {}

  /** The number of clients that wait. */
  get length(): number {
    return this.waiting.length;
  }

  /** Lets a client in now, or has it wait, unless too many do. @returns the outcome. */
  push(client: T): 'let in' | 'waits' | 'too many' {
    const { maxPerTick, maxWaiting } = this.limits;
    if (maxPerTick === 0) this.letIn(client);
    else if (this.length === 0 && this.letInThisTick < maxPerTick) this.letInNow(client);
    else {
      if (this.length >= maxWaiting) return 'too many';
      this.waiting.push(client);
      return 'waits';
    }
    return 'let in';
  }

  private letInNow(client: T): void {
    this.letInThisTick++;
    if (!this.isTurnDue) {
      this.isTurnDue = true;
      setImmediate(this.turn);
    }
    this.letIn(client);
  }

  private readonly turn = (): void => {
    this.isTurnDue = false;
    this.letInThisTick = 0;
    while (this.length > 0 && this.letInThisTick < this.limits.maxPerTick)
      this.letInNow(this.waiting.shift() as T);
  };
}
