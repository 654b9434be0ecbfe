import { CallbackError } from '../../protocol/errors.js';

/** A request to the app, from its beginning to its end. */
export interface RunningRequest {
  /** Aborted when the caller's signal is, or when all requests are ended. */
  readonly signal: AbortSignal;
  /** Cancels it. */
  abort(): void;
  /** MUST be called when it is over. */
  finish(): void;
}

/** The requests to the app that are under way. */
export class RunningRequests {
  private readonly running = new Set<AbortController>();
  private isClosed = false;

  /**
   * Avoids AbortSignal.any: its signals stay with a session's signal for as long as the session lasts.
   * @param caller ends the request.
   * @throws the reason of the caller's signal when that is aborted.
   * @throws {CallbackError} when all requests have been ended.
   */
  begin(caller?: AbortSignal): RunningRequest {
    caller?.throwIfAborted();
    if (this.isClosed) throw closed();
    const request = new AbortController();
    const cancel = (): void => end(caller?.reason);
    const finish = (): void => {
      this.running.delete(request);
      caller?.removeEventListener('abort', cancel);
    };
    const end = (reason?: unknown): void => {
      finish();
      request.abort(reason);
    };
    this.running.add(request);
    caller?.addEventListener('abort', cancel);
    return { signal: request.signal, abort: () => end(), finish };
  }

  /** Requests under way end, and later ones fail, with a {@link CallbackError}. */
  close(): void {
    this.isClosed = true;
    for (const request of this.running) request.abort(closed());
  }
}

function closed(): CallbackError {
  return new CallbackError('the app is not asked any more: the gateway stops');
}
