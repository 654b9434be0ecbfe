import type { TraceAttributes, TraceSpan } from '../../tracing/trace-span.js';
import type { TraceHeaders } from '../../tracing/tracing.js';
import type { CallableProcedure } from '../procedure.js';
import type { CallRequest } from './call-request.js';

/** The attributes of a call, by OpenTelemetry's semantic conventions for RPC. */
export function callAttributes(procedure: string): TraceAttributes {
  return { 'rpc.system': 'kittiwake', 'rpc.service': 'kittiwake', 'rpc.method': procedure };
}

/** The headers by which a call says which trace it is a part of. */
export function headersOf({ origin: { http, traceparent } }: CallRequest): TraceHeaders | undefined {
  return http?.request.headers ?? (traceparent === undefined ? undefined : { traceparent });
}

/** A procedure whose work is a part of a span. */
export function tracedProcedure(procedure: CallableProcedure, span: TraceSpan): CallableProcedure {
  const { signature, limits, continuation } = procedure;
  return {
    signature,
    limits,
    continuation,
    run: (call, given) => span.within(() => procedure.run(call, given)),
  };
}
