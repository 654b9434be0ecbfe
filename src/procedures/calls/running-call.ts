import { MAX_TIMER_MS } from '../../base/max-timer.js';
import type { CallOutcome } from '../../metrics/procedure.metrics.js';
import { CallbackError } from '../../protocol/errors.js';
import type { JsonText } from '../../protocol/json/json.js';
import { isForCaller } from '../is-for-caller.js';
import { ProcedureCall } from '../procedure-call.js';
import { PROCEDURE_ERRORS } from '../procedure-errors.js';
import type { CallableProcedure } from '../procedure.js';
import { stopResults } from '../results/stop-results.js';
import { streamOf } from '../results/stream-of.js';
import { CallGivenUp } from './call-given-up.js';
import type { CallRequest } from './call-request.js';
import { ResultStream, type StreamedCall } from './result-stream.js';

/** The outcome of a call: one result, or a stream of them; see {@link ResultStream}. */
export type CallAnswer =
  | { readonly value: unknown }
  | { readonly stream: AsyncIterator<unknown, unknown, void> };

type Results = AsyncIterator<unknown>;

/**
 * A call from its beginning to its end. It ends when the procedure is done, when the caller's signal is aborted, when
 * the deadline has passed or when its stream is given up. In all but the first case its own signal is aborted, and
 * whatever the procedure still does is ignored.
 */
export class RunningCall implements StreamedCall {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;
  /** Rejects what the caller waits for, the answer or its next result, when the call is ended. */
  private tellEnd: ((reason: unknown) => void) | undefined;

  constructor(
    private readonly procedure: CallableProcedure,
    private readonly request: CallRequest,
    /** The arguments, bound and converted. */
    private readonly values: readonly unknown[],
    private readonly finished: (outcome: CallOutcome) => void,
  ) {}

  /** The request, for another node to go on with it, where one can. */
  get requestText(): JsonText | undefined {
    return this.procedure.continuation?.requestOf(this.request.origin, this.values);
  }

  /** The signal that the procedure sees. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Starts the call; may be called once. @throws the error for the caller, or the reason why the call was ended. */
  run(): Promise<CallAnswer> {
    return new Promise((resolve, reject) => {
      this.tellEnd = reject;
      this.watch();
      if (this.isOver) return;
      this.start().then(
        ([value, results]) => this.began(value, results, resolve),
        (error: unknown) => this.failed(error, reject),
      );
    });
  }

  finish(outcome: CallOutcome): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    this.request.signal.removeEventListener('abort', this.abandoned);
    this.finished(outcome);
  }

  giveUp(): void {
    this.end(new CallGivenUp(), 'cancelled');
  }

  told(error: unknown): unknown {
    const isKnown = isForCaller(error) || error instanceof CallbackError;
    return isKnown ? error : PROCEDURE_ERRORS.failed(this.procedure.signature.name, error);
  }

  private watch(): void {
    if (this.request.signal.aborted) {
      this.abandoned();
      return;
    }
    this.request.signal.addEventListener('abort', this.abandoned, { once: true });
    const { deadlineMs } = this.procedure.limits;
    if (deadlineMs <= 0) return;
    const tooLate = (): void => this.end(PROCEDURE_ERRORS.tooLate(), 'error');
    this.timer = setTimeout(tooLate, Math.min(deadlineMs, MAX_TIMER_MS));
  }

  /** Async because the procedure may throw synchronously, and so may `streamOf`. */
  private async start(): Promise<[unknown, Results | undefined]> {
    const { name, given, origin } = this.request;
    const call = new ProcedureCall(name, given, origin, this.signal);
    const value = await this.procedure.run(call, this.values);
    return [value, streamOf(value)];
  }

  private began(value: unknown, results: Results | undefined, resolve: (answer: CallAnswer) => void): void {
    if (this.isOver) {
      if (results) stopResults(results);
      return;
    }
    if (!results) {
      this.finish('success');
      resolve({ value });
      return;
    }
    if (!this.procedure.limits.endsStreams) clearTimeout(this.timer);
    const stream = new ResultStream(results, this);
    this.tellEnd = (reason) => stream.end(reason);
    resolve({ stream });
  }

  private failed(error: unknown, reject: (reason: unknown) => void): void {
    if (this.isOver) return;
    this.finish('error');
    reject(this.told(error));
  }

  private readonly abandoned = (): void => this.end(this.request.signal.reason, 'cancelled');

  /** Frees the slot and aborts the signal before the caller hears of the end: its next call finds the slot free. */
  private end(reason: unknown, outcome: CallOutcome): void {
    if (this.isOver) return;
    this.finish(outcome);
    this.controller.abort(reason);
    this.tellEnd?.(reason);
  }
}
