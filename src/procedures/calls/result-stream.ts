import type { CallOutcome } from '../../metrics/procedure.metrics.js';
import { stopResults } from '../results/stop-results.js';

type Step = IteratorResult<unknown, unknown>;

/** The call behind a {@link ResultStream}, which reports its end to it. */
export interface StreamedCall {
  /** Called when the procedure has ended the stream, or it has failed. */
  finish(outcome: CallOutcome): void;
  /** Called when the reader wants no more results. */
  giveUp(): void;
  /** Converts an error of the procedure to the one for the caller. */
  told(error: unknown): unknown;
}

/**
 * The results of a call, for one reader that asks for one at a time. The value that comes with `done`, unless it is
 * undefined, is the last result.
 */
export class ResultStream implements AsyncIterator<unknown, unknown, void> {
  private asker: { resolve(step: Step): void; reject(reason: unknown): void } | undefined;
  private failure: { readonly reason: unknown } | undefined;
  private isOver = false;

  constructor(
    private readonly results: AsyncIterator<unknown>,
    private readonly call: StreamedCall,
  ) {}

  /** @throws the error for the caller, or the reason why the call was ended. After that it is done. */
  next(): Promise<Step> {
    return new Promise((resolve, reject) => {
      if (this.isOver) {
        this.settleLate(resolve, reject);
        return;
      }
      this.asker = { resolve, reject };
      this.ask();
    });
  }

  /** Gives the call up: its signal is aborted, and it is over at once. */
  return(): Promise<Step> {
    this.failure = undefined;
    if (!this.isOver) {
      this.isOver = true;
      this.asker?.resolve({ done: true, value: undefined });
      this.call.giveUp();
      stopResults(this.results);
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends the stream from outside, whatever the procedure is doing. */
  end(reason: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.asker) this.asker.reject(reason);
    else this.failure = { reason };
    stopResults(this.results);
  }

  private ask(): void {
    try {
      Promise.resolve(this.results.next()).then(
        (step) => this.settle(step),
        (error: unknown) => this.fail(error),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  private settle(step: Step): void {
    if (this.isOver) return;
    const { asker } = this;
    this.asker = undefined;
    if (step.done) {
      this.isOver = true;
      this.call.finish('success');
    }
    asker?.resolve(step);
  }

  private fail(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.call.finish('error');
    this.asker?.reject(this.call.told(error));
  }

  private settleLate(resolve: (step: Step) => void, reject: (reason: unknown) => void): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure) reject(failure.reason);
    else resolve({ done: true, value: undefined });
  }
}
