import type { LogParty } from '../metrics/log-line.js';
import type { CloseReason } from '../protocol/close-reason.js';
import type { Sink } from './outflow/sink.js';

/**
 * What carries one connection: frames to its client, and what the client sends to a {@link Carried}. It has one way of
 * its own for each, or two ways that belong together, such as a stream and requests.
 */
export interface Transport extends Sink {
  /** The sub-protocol that was agreed on; empty for none. */
  readonly protocol: string;
  /** The address of the peer, which may be a proxy. */
  readonly remoteAddress: string | undefined;
  /** The frame that a client answers by itself; absent where it could not. Goes past {@link Sink.encoding}. */
  readonly pingFrame: Buffer | undefined;
  /** Whether nothing is read from the client. */
  readonly isPaused: boolean;
  /** Reads no more, so that the client has to wait; what was read already may still come. */
  pause(): void;
  resume(): void;
  /** Closes when all that it was given has left, and tells the client why. Calls {@link Carried.closed} when it has. */
  close(code: number, text?: string): void;
  /** Ends at once, whatever waits. Calls {@link Carried.closed} as well. */
  terminate(): void;
}

/** The connection that a transport carries, as the transport tells it what happens. */
export interface Carried extends LogParty {
  /** The client has sent a message. @param frame its bytes, without any framing. */
  received(frame: Buffer): void;
  /** The client has answered a ping. */
  ponged(): void;
  /** The client has sent what it may not, and is or was told so. @param what an event, for one. */
  refused(what: string, kind: string, error: unknown): void;
  /** The client will send nothing more, or the transport closes for what it sent, if there is a reason. */
  broken(reason?: CloseReason): void;
  /** The transport is gone; nothing is called after that. */
  closed(): void;
}
