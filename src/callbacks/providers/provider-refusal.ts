import { HttpException, Logger } from '@nestjs/common';
import { DigestedLog } from '../../metrics/digested-log.js';
import { CallbackError } from '../../protocol/errors.js';
import { isForbidden, isTransient } from '../http-status.js';
import { isForClient } from './refusal-members.js';

const warnings = new DigestedLog(new Logger('Callbacks'));

/** What a method threw, and what it was asked. */
export interface Thrown {
  readonly thrown: unknown;
  /** Class and method, as messages name it. */
  readonly name: string;
  /** Whether it was asked what a client may; otherwise an exception of status 4xx has words for the client. */
  readonly isDecision: boolean;
}

/**
 * Tells a no from an app that stumbles, as over HTTP: 401 and 403 refuse, and so do a `Refusal` and a `WsException`.
 * @throws {CallbackError} for whatever else was thrown. The method has been called, and is not called again for that.
 */
export function requireRefusal({ thrown, name, isDecision }: Thrown): void {
  const status = thrown instanceof HttpException ? thrown.getStatus() : undefined;
  if (status === undefined && isForClient(thrown)) return;
  if (status !== undefined && (isForbidden(status) || !(isDecision || isTransient(status)))) return;
  // What has no status is a defect, and has been logged with its stack.
  if (status !== undefined) warnings.warn(name, `${name} could not answer: status ${status}`);
  throw new CallbackError(`${name} failed`, { cause: thrown, isFinal: true });
}
