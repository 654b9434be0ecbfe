import { HttpException } from '@nestjs/common';
import { ClientError } from '../protocol/errors.js';
import { ProcedureError } from './procedure-errors.js';

/** Whether callers are told an error as it is; any other is a failure of the procedure. */
export function isForCaller(error: unknown): error is ClientError | ProcedureError | HttpException {
  return error instanceof ClientError || error instanceof ProcedureError || error instanceof HttpException;
}
