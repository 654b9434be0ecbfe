import { measured } from '../../callbacks/measured.js';
import type { Metrics } from '../../metrics/metrics.js';
import type { ProcedureCall } from '../procedure-call.js';
import { ProcedureError } from '../procedure-errors.js';
import type { CallableProcedure, ProcedureLimits } from '../procedure.js';
import type { Resumption } from '../resumption.js';
import type { Signature } from '../signature.js';
import type { RemoteEndpoint } from './endpoint.js';
import { remoteRequest } from './request.js';

/**
 * A procedure that is an endpoint of the app. A call is one POST, see {@link remoteRequest} and {@link RemoteEndpoint}.
 * It is retried only when there was no connection, for the app may have run it even if its answer was lost. When the
 * call ends, the request is aborted at once.
 */
export class HttpProcedure implements CallableProcedure {
  constructor(
    readonly signature: Signature,
    readonly limits: ProcedureLimits,
    private readonly endpoint: RemoteEndpoint,
    private readonly metrics: Metrics,
    readonly resumption?: Resumption,
  ) {}

  /** Metrics measure a stream only until it begins. */
  run(call: ProcedureCall, given: readonly unknown[]): Promise<unknown> {
    const { signal } = call;
    const question = { service: 'procedures', callback: this.signature.name, signal, isRefusal };
    return measured(this.metrics, question, async () =>
      this.endpoint.ask(remoteRequest(this.signature, call, given), signal),
    );
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof ProcedureError;
}
