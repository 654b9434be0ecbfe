import { Logger } from '@nestjs/common';
import { scrubUrl } from '../../callbacks/http/callback-url.js';
import { measured } from '../../callbacks/measured.js';
import type { StreamRequester } from '../../callbacks/stream-requester.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import type { Metrics } from '../../metrics/metrics.js';
import { CallbackAnswerError, CallbackError } from '../../protocol/errors.js';
import type { ProcedureCall } from '../procedure-call.js';
import { ProcedureError } from '../procedure-errors.js';
import type { CallableProcedure, ProcedureLimits } from '../procedure.js';
import type { Signature } from '../signature.js';
import { REMOTE_ACCEPT, remoteAnswer } from './answer.js';
import { remoteRequest } from './request.js';
import type { RemoteSource } from './source.js';

/** The endpoint of the app behind a procedure, and the limits of its answers. */
export interface RemoteEndpoint {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds until an answer must begin; 0: no limit. Default: the `timeout` of callbacks. */
  readonly timeoutMs: number | undefined;
  /** The largest result, or each result of a stream, bytes. */
  readonly maxResultBytes: number;
}

/**
 * A procedure that is an endpoint of the app. A call is one POST, see {@link remoteRequest} and {@link remoteAnswer}.
 * It is retried only when there was no connection, for the app may have run it even if its answer was lost. When the
 * call ends, the request is aborted at once.
 */
export class HttpProcedure implements CallableProcedure, RemoteSource {
  private readonly warnings = new DigestedLog(new Logger('Procedures'));

  constructor(
    readonly signature: Signature,
    readonly limits: ProcedureLimits,
    private readonly endpoint: RemoteEndpoint,
    private readonly requester: StreamRequester,
    private readonly metrics: Metrics,
  ) {}

  get maxBytes(): number {
    return this.endpoint.maxResultBytes;
  }

  /** Metrics measure a stream only until it begins. */
  run(call: ProcedureCall, given: readonly unknown[]): Promise<unknown> {
    const { signal } = call;
    const { url, headers, timeoutMs } = this.endpoint;
    const question = { service: 'procedures', callback: this.signature.name, signal, isRefusal };
    return measured(this.metrics, question, async () => {
      const body = remoteRequest(this.signature, call, given);
      const accepting = { accept: REMOTE_ACCEPT, ...headers };
      const answer = await this.requester.open({ url, headers: accepting, body, timeoutMs, signal });
      return remoteAnswer(answer, this);
    });
  }

  fault(message: string): CallbackError {
    return new CallbackError(this.logged(message));
  }

  defect(message: string): CallbackAnswerError {
    return new CallbackAnswerError(this.logged(message));
  }

  private logged(message: string): string {
    const text = `POST ${scrubUrl(this.endpoint.url)}: ${message}`;
    this.warnings.warn('', text);
    return text;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof ProcedureError;
}
