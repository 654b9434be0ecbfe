import type { ErrorReply } from './errors.js';

/** A frame of the gateway. */
export interface Frame extends ErrorReply {
  readonly event?: unknown;
  readonly id?: unknown;
  readonly status?: unknown;
  readonly [member: string]: unknown;
}
