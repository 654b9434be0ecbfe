import { PROCEDURE_ERRORS } from '../procedure-errors.js';

/** How many calls run at a time, where that has a limit. */
export class CallSlots {
  private taken = 0;

  /** @param limit 0: none. */
  constructor(private readonly limit: number) {}

  /** @throws {ClientError} when there is no room for one more. */
  take(): void {
    if (this.limit > 0 && this.taken >= this.limit) throw PROCEDURE_ERRORS.tooManyCalls();
    this.taken++;
  }

  release(): void {
    this.taken--;
  }
}
