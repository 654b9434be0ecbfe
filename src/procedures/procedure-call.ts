import type { ArgumentsHost } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CallbackRequest } from '../callbacks/callback-request.js';
import type { LogParty } from '../metrics/log-line.js';
import type { Handshake } from '../protocol/handshake.js';
import type { JsonMembers } from '../protocol/json/json.js';
import type { ProcedureArguments } from './arguments.js';

/** The HTTP request that made a call. */
export interface HttpCall {
  readonly method: string;
  /** The path without the service secret and without the prefix of the endpoint: `/add`. */
  readonly path: string;
  /** Address of the caller: `host:port`, or `unix-domain`. */
  readonly peer: string;
  readonly request: IncomingMessage;
  /** For raw procedures, which write the response themselves. */
  readonly response: ServerResponse;
}

/** The caller of a procedure. */
export interface CallOrigin {
  /** The fields of the caller's identity; absent for an anonymous caller. */
  readonly identity: JsonMembers | undefined;
  /** Whether the caller has the service secret. */
  readonly isService: boolean;
  /** The caller, as lines of the log name it. */
  readonly client?: LogParty | undefined;
  /** Absent over WebSocket. */
  readonly http?: HttpCall | undefined;
  /** The connection on which it came; absent over HTTP. */
  readonly connection?: object | undefined;
  /** Of a caller over WebSocket, see `ClientCall.traceparent`. */
  readonly traceparent?: string | undefined;
  /** See {@link CallbackRequest.handshake}. */
  readonly handshake?: Handshake | undefined;
}

/**
 * A call, as the procedure sees it; `@CurrentCall()` injects it. Its fields are those of the caller's identity. Guards and
 * interceptors find it with {@link ProcedureCall.of}.
 */
export class ProcedureCall extends CallbackRequest {
  constructor(
    /** The name of the procedure. */
    readonly procedure: string,
    /** The arguments as the caller gave them, before they are bound and converted. */
    readonly given: ProcedureArguments,
    readonly origin: CallOrigin,
    /** Aborted when the result is no longer wanted: the caller is gone or has cancelled, or it took too long. */
    signal: AbortSignal,
  ) {
    super(origin.identity ?? new Map(), signal, { client: origin.client, handshake: origin.handshake });
  }

  /** The call behind the context of a guard, an interceptor, a filter or a parameter decorator, if it is one. */
  static override of(context: ArgumentsHost): ProcedureCall | undefined {
    const call: unknown = context.getArgByIndex(0);
    return call instanceof ProcedureCall ? call : undefined;
  }

  /** Whether the caller has an identity or the service secret. */
  get isAuthenticated(): boolean {
    return this.origin.isService || this.origin.identity !== undefined;
  }

  /** The fields of the caller's identity; `undefined` for an anonymous caller. */
  get identity(): Readonly<Record<string, unknown>> | undefined {
    return this.origin.identity && this.fields;
  }
}
