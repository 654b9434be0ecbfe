import { Logger } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { stackOf } from '../../base/message-of.js';
import { Refusal } from '../../callbacks/refusal.js';
import { isForCaller } from '../is-for-caller.js';
import { ProcedureError } from '../procedure-errors.js';

const FORBIDDEN = 403;

const logger = new Logger('Procedures');

/**
 * Converts an error that a method threw to one for callers. An unexpected error is logged and returned as it is.
 * @param name class and method.
 */
export function methodError(error: unknown, name: string): unknown {
  if (isForCaller(error)) return error;
  if (error instanceof Refusal)
    return new ProcedureError(error.message || 'Forbidden', FORBIDDEN, { cause: error });
  if (error instanceof WsException) return new ProcedureError(error.getError(), undefined, { cause: error });
  logger.error(`${name} failed: ${stackOf(error)}`);
  return error;
}
