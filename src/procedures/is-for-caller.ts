import { HttpException } from '@nestjs/common';
import { ClientError } from '../protocol/errors.js';
import { ProcedureError } from './procedure-errors.js';

/** Whether an error is one that callers are told as it is. Of all others they are told that the procedure failed. */
export function isForCaller(error: unknown): error is ClientError | ProcedureError | HttpException {
  return error instanceof ClientError || error instanceof ProcedureError || error instanceof HttpException;
}
