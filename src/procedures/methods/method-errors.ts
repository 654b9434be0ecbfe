import { Logger } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { classOf, stackOf } from '../../base/message-of.js';
import { Refusal } from '../../callbacks/refusal.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import type { LogParty } from '../../metrics/log-line.js';
import { isForCaller } from '../is-for-caller.js';
import { ProcedureError } from '../procedure-errors.js';

const FORBIDDEN = 403;

const defects = new DigestedLog(new Logger('Procedures'));

/**
 * Converts an error that a method threw to one for callers. An unexpected error is logged and returned as it is.
 * @param name class and method.
 * @param caller who called it.
 */
export function methodError(error: unknown, name: string, caller: LogParty = {}): unknown {
  if (isForCaller(error)) return error;
  if (error instanceof Refusal)
    return new ProcedureError(error.message || 'Forbidden', FORBIDDEN, { cause: error });
  if (error instanceof WsException) return new ProcedureError(error.getError(), undefined, { cause: error });
  defects.error(`${name} ${classOf(error)}`, `${name} failed: ${stackOf(error)}`, caller);
  return error;
}
