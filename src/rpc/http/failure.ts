import { HttpException } from '@nestjs/common';
import { isNativeError } from 'node:util/types';
import { TOO_MANY_FAILURES } from '../../auth/failed-authentications.js';
import { messageOf } from '../../base/message-of.js';
import { httpExceptionText } from '../../callbacks/providers/refusal-members.js';
import { Denial } from '../../connection/endpoint/denial.js';
import { ConversionError } from '../../procedures/calls/conversion-error.js';
import { NeedInfo, type NeededVariable } from '../../procedures/need-info.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';
import { ProcedureRedirect } from '../../procedures/redirect.js';
import { CallbackError, ClientError } from '../../protocol/errors.js';
import { UnbegunStream } from './response/unbegun-stream.js';

/** The answer over HTTP to a call that has failed. */
export interface RpcFailure {
  readonly status: number;
  /** The body: an object with the member `error`. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the body is encoded in the format of results; otherwise it is JSON. */
  readonly isEncoded?: boolean;
}

/** The statuses of errors about kept calls, which tell their codes as well: texts may change. */
const OF_KEPT_CALLS: ReadonlyMap<string, number> = new Map([
  ['call_not_found', 404],
  ['call_cancelled', 410],
  ['call_abandoned', 410],
  ['position_lost', 410],
  ['call_lost', 502],
  ['call_too_large', 500],
  ['invalid_idempotency_key', 400],
  ['service_unavailable', 503],
]);

const INVALID_TOKEN = { 'WWW-Authenticate': 'Bearer error="invalid_token"' };

/**
 * Converts an error to an answer over HTTP.
 * @param isTraced whether the answer may include the stack of an unexpected error.
 */
export function failureOf(error: unknown, isTraced: boolean): RpcFailure {
  if (error instanceof UnbegunStream) return { status: error.status, body: error.body };
  if (error instanceof ProcedureError) return refusalOf(error);
  if (error instanceof HttpException)
    return { status: error.getStatus(), body: { error: httpExceptionText(error) } };
  if (error instanceof CallbackError) return { status: 503, body: { error: 'Service unavailable.' } };
  if (error instanceof Denial) return { status: error.refusal.status, body: { error: error.message } };
  if (error instanceof ClientError) return knownFailure(error, isTraced);
  return thrown(error, isTraced);
}

function refusalOf(refusal: ProcedureError): RpcFailure {
  const { error } = refusal;
  const status = isStatus(refusal.status) ? refusal.status : 500;
  if (refusal instanceof ProcedureRedirect) {
    const headers = { Location: asHeader(refusal.location) };
    return { status, body: { redirect: refusal.location }, headers };
  }
  if (!(refusal instanceof NeedInfo)) return { status, body: { error } };
  const { resource = false, neededVariables } = refusal;
  return { status, body: { error, resource, needed_vars: neededVariables.map(asVariable) } };
}

function isStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 200 && status <= 599;
}

/** Percent-encodes characters that a header cannot hold. */
function asHeader(location: string): string {
  return location.replace(/[^\x21-\x7e]/gu, encodeURIComponent);
}

function asVariable({ name, type, default: preset, comment }: NeededVariable): object {
  return { name, type: type ?? null, default: preset ?? null, comment: comment ?? null };
}

function knownFailure(error: ClientError, isTraced: boolean): RpcFailure {
  const { code, message, cause } = error;
  const told = (status: number): RpcFailure => ({ status, body: { error: message } });
  switch (code) {
    case 'procedure_failed':
      return cause instanceof ConversionError
        ? { status: cause.status, body: { error: cause.message } }
        : thrown(cause, isTraced);
    case 'arguments_mismatch':
      return { status: 500, body: { error: messageOf(cause) }, isEncoded: true };
    case 'procedure_undefined':
      return { status: 404, body: { error: 'Not Found' } };
    case 'authentication_failed':
      return { ...told(401), headers: INVALID_TOKEN };
    case TOO_MANY_FAILURES:
      return told(429);
    case 'too_many_calls':
      return told(503);
    case 'deadline_exceeded':
      return told(504);
    default: {
      const status = OF_KEPT_CALLS.get(code);
      return status === undefined ? told(500) : { status, body: { error: message, code } };
    }
  }
}

function thrown(error: unknown, isTraced: boolean): RpcFailure {
  const traceback = isTraced && isNativeError(error) ? error.stack : undefined;
  const body = { error: messageOf(error), ...(traceback !== undefined && { traceback }) };
  return { status: 500, body, isEncoded: true };
}
