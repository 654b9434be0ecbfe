import { measured } from '../../callbacks/measured.js';
import type { Metrics } from '../../metrics/metrics.js';
import type { JsonText } from '../../protocol/json/json.js';
import type { CallOrigin, ProcedureCall } from '../procedure-call.js';
import { ProcedureError } from '../procedure-errors.js';
import type { CallableProcedure, Continuation, ProcedureLimits } from '../procedure.js';
import type { Resumption } from '../resumption.js';
import type { Signature } from '../signature.js';
import type { RemoteEndpoint } from './endpoint.js';
import { remoteRequest } from './request.js';

/** The terms on which a procedure of the app is called: its limits, and how its calls are kept, if they are. */
export type RemoteTerms = Pick<CallableProcedure, 'limits' | 'resumption'>;

/**
 * A procedure that is an endpoint of the app. A call is one POST, see {@link remoteRequest} and {@link RemoteEndpoint}.
 * It is retried only when there was no connection, for the app may have run it even if its answer was lost. When the
 * call ends, the request is aborted at once.
 */
export class HttpProcedure implements CallableProcedure, Continuation {
  readonly limits: ProcedureLimits;
  readonly resumption: Resumption | undefined;

  constructor(
    readonly signature: Signature,
    { limits, resumption }: RemoteTerms,
    private readonly endpoint: RemoteEndpoint,
    private readonly metrics: Metrics,
  ) {
    this.limits = limits;
    this.resumption = resumption;
  }

  /** Itself, if by the settings the app can go on after a result. */
  get continuation(): Continuation | undefined {
    return this.resumption?.takesOver ? this : undefined;
  }

  requestOf(origin: CallOrigin, given: readonly unknown[]): JsonText {
    return remoteRequest(this.signature, { origin }, given);
  }

  resume(request: JsonText, count: number, signal: AbortSignal): Promise<unknown> {
    return this.ask(signal, () =>
      this.endpoint.ask({ body: request, signal, headers: { 'Last-Event-ID': `${count}` } }),
    );
  }

  /** Metrics measure a stream only until it begins. */
  run(call: ProcedureCall, given: readonly unknown[]): Promise<unknown> {
    const { signal, origin } = call;
    return this.ask(signal, async () =>
      this.endpoint.ask({ body: remoteRequest(this.signature, call, given), signal, client: origin.client }),
    );
  }

  private ask(signal: AbortSignal, ask: () => Promise<unknown>): Promise<unknown> {
    const question = { service: 'procedures', callback: this.signature.name, signal, isRefusal };
    return measured(this.metrics, question, ask);
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof ProcedureError;
}
