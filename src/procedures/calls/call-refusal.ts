import { HttpException, HttpStatus } from '@nestjs/common';
import { httpExceptionText } from '../../callbacks/providers/refusal-members.js';
import { CallbackError, ClientError, type Verdict } from '../../protocol/errors.js';
import { toJsonText } from '../../protocol/json/json.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import { NeedInfo } from '../need-info.js';
import { PROCEDURE_ERRORS, ProcedureError } from '../procedure-errors.js';
import { ProcedureRedirect } from '../redirect.js';

/** The verdict on errors whose text the procedure wrote for its caller. */
const BY_PROCEDURE: Verdict = { by: 'the procedure', why: 'it refused, with an error of its own' };

/**
 * Converts the error of a failed call for a caller over WebSocket: its text or JSON, a code, and the data of `NeedInfo`
 * and `ProcedureRedirect`. Of unexpected errors the caller learns only that the procedure failed.
 */
export function callRefusal(name: string, error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  if (error instanceof ProcedureError) return procedureRefusal(name, error);
  if (error instanceof HttpException) {
    const code = HttpStatus[error.getStatus()]?.toLowerCase() ?? 'refused';
    return new ClientError(code, httpExceptionText(error), { verdict: BY_PROCEDURE });
  }
  const failed = PROCEDURE_ERRORS.failed(name, error);
  if (!(error instanceof CallbackError)) return failed;
  return new ClientError('service_unavailable', failed.message, { cause: error });
}

function procedureRefusal(name: string, refusal: ProcedureError): ClientError {
  try {
    const error = richJsonText(refusal.error);
    return new ClientError(codeOf(refusal), refusal.message, {
      error,
      data: dataOf(refusal),
      verdict: BY_PROCEDURE,
    });
  } catch (cause) {
    return PROCEDURE_ERRORS.failed(name, cause);
  }
}

function codeOf(refusal: ProcedureError): string {
  if (refusal instanceof NeedInfo) return 'need_info';
  return refusal instanceof ProcedureRedirect ? 'redirect' : 'refused';
}

/** The same members as over HTTP. */
function dataOf(refusal: ProcedureError): ClientError['data'] {
  if (refusal instanceof NeedInfo)
    return richJsonText({ resource: refusal.resource ?? false, needed_vars: refusal.neededVariables });
  return refusal instanceof ProcedureRedirect ? toJsonText({ location: refusal.location }) : undefined;
}
