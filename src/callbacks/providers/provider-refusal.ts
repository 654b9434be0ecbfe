import { HttpException, HttpStatus, Logger } from '@nestjs/common';
import { DigestedLog } from '../../metrics/digested-log.js';
import { CallbackError } from '../../protocol/errors.js';
import { isForbidden, isTransient } from '../http-status.js';
import { isForClient } from './refusal-members.js';

const warnings = new DigestedLog(new Logger('Callbacks'));

/** An error that a method threw, and the kind of its question. */
export interface Thrown {
  readonly thrown: unknown;
  /** Class and method, as messages name it. */
  readonly name: string;
  /** Whether the question was one of permission; otherwise an exception of status 4xx is a text for the client. */
  readonly isDecision: boolean;
}

/**
 * Tells a refusal from a failing app, as over HTTP: 401 and 403 refuse, and so do a `Refusal`, a `WsException` and status 400,
 * with which pipes refuse what the client has given.
 * @throws {CallbackError} for any other error. The method is not called again.
 */
export function requireRefusal({ thrown, name, isDecision }: Thrown): void {
  const status = thrown instanceof HttpException ? thrown.getStatus() : undefined;
  if (status === undefined && isForClient(thrown)) return;
  if (status !== undefined && (isRefusing(status) || !(isDecision || isTransient(status)))) return;
  // An error without a status is a defect, and has been logged with its stack.
  if (status !== undefined) warnings.warn(name, `${name} could not answer: status ${status}`);
  throw new CallbackError(`${name} failed`, { cause: thrown, isFinal: true });
}

function isRefusing(status: number): boolean {
  return isForbidden(status) || status === (HttpStatus.BAD_REQUEST as number);
}
