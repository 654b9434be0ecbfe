import type { ErrorReply, KittiwakeError } from './errors.js';

/** A frame of the gateway. */
export interface Frame extends ErrorReply {
  readonly event?: unknown;
  readonly id?: unknown;
  readonly status?: unknown;
  readonly [member: string]: unknown;
}

/** What lives on a connection beside requests, such as topics. */
export interface Domain {
  /** The connection is there: whatever the gateway has to know is said now. */
  opened(): void;
  lost(): void;
  /** The gateway knows now who the client is. */
  identified(): void;
  /** Nothing comes any more. */
  closed(error: KittiwakeError): void;
  /** A frame that no request has waited for. */
  received(frame: Frame): void;
}
