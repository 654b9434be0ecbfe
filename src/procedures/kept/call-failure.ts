import { HttpException } from '@nestjs/common';
import { httpExceptionText } from '../../callbacks/providers/refusal-members.js';
import { CallbackError, ClientError } from '../../protocol/errors.js';
import { isObject, type JsonText } from '../../protocol/json/json.js';
import { richJsonText, richValueOf } from '../../protocol/json/rich-json.js';
import { callRefusal } from '../calls/call-refusal.js';
import { ConversionError } from '../calls/conversion-error.js';
import { NeedInfo, type NeededVariable } from '../need-info.js';
import { ProcedureError } from '../procedure-errors.js';
import { ProcedureRedirect } from '../redirect.js';

/** The error of a call, to be kept: whoever reads it later is told the same as the caller would have been. */
export function failureText(procedure: string, error: unknown): JsonText {
  try {
    return richJsonText(membersOfFailure(error));
  } catch (cause) {
    return richJsonText(membersOfFailure(callRefusal(procedure, cause)));
  }
}

/** The error that was kept. */
export function failureIn(text: JsonText): Error {
  const kept = richValueOf(text);
  if (!isObject(kept)) return new Error('the call has failed');
  const { error, status, code } = kept;
  const message = String(kept.message);
  if (typeof code === 'string') return clientError(code, message, kept.cause);
  if (typeof kept.location === 'string') return new ProcedureRedirect(kept.location);
  if (Array.isArray(kept.needed))
    return new NeedInfo(message, kept.needed as NeededVariable[], kept.resource as string | undefined);
  if (kept.isUnavailable === true) return new CallbackError(message);
  if (kept.isHttp === true) return new HttpException(message, Number(status));
  return new ProcedureError(error, Number(status));
}

function membersOfFailure(error: unknown): Readonly<Record<string, unknown>> {
  if (error instanceof ProcedureRedirect) return { location: error.location };
  if (error instanceof NeedInfo)
    return { message: error.message, needed: error.neededVariables, resource: error.resource };
  if (error instanceof ProcedureError) return { error: error.error, status: error.status };
  if (error instanceof HttpException)
    return { isHttp: true, message: httpExceptionText(error), status: error.getStatus() };
  if (error instanceof CallbackError) return { isUnavailable: true, message: error.message };
  const { code, message, cause } = callRefusal('', error);
  return { code, message, cause: causeOf(cause) };
}

/** Over HTTP callers are told what a procedure has failed with, and which of their arguments was wrong. */
function causeOf(cause: unknown): Readonly<Record<string, unknown>> | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { message } = cause;
  return cause instanceof ConversionError ? { message, status: cause.status } : { message };
}

function clientError(code: string, message: string, kept: unknown): ClientError {
  if (!isObject(kept)) return new ClientError(code, message);
  const text = String(kept.message);
  const cause =
    kept.status === 400 || kept.status === 500 ? new ConversionError(text, kept.status) : new Error(text);
  return new ClientError(code, message, { cause });
}
