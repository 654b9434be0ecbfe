import { CallbackError, ClientError, type Verdict } from './errors.js';

export const BY_GATEWAY = 'the gateway';

/** The verdict behind an error that a client is told. */
export function verdictOn(error: unknown): Verdict {
  if (error instanceof CallbackError)
    return { by: BY_GATEWAY, why: `the app cannot be asked: ${error.message}` };
  if (!(error instanceof ClientError)) return { by: BY_GATEWAY, why: 'a defect: the error is in the log' };
  return error.verdict ?? { by: BY_GATEWAY, why: `${error.message}${causeOf(error)}` };
}

/** The text of the cause; empty for procedures, whose errors may contain anything. */
function causeOf({ code, cause }: ClientError): string {
  return cause instanceof Error && code !== 'procedure_failed' ? ` (${cause.message})` : '';
}
