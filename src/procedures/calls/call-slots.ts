import { PROCEDURE_ERRORS } from '../procedure-errors.js';

/** Counts concurrent calls against a limit. */
export class CallSlots {
  private taken = 0;

  /** @param limit concurrent calls; 0: no limit. */
  constructor(private readonly limit: number) {}

  /** @throws {ClientError} `too_many_calls` when the limit is reached. */
  take(): void {
    if (this.limit > 0 && this.taken >= this.limit) throw PROCEDURE_ERRORS.tooManyCalls();
    this.taken++;
  }

  release(): void {
    this.taken--;
  }
}
