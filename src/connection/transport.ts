import type { LogParty } from '../metrics/log-line.js';
import type { CloseReason } from '../protocol/close-reason.js';
import type { Sink } from './outflow/sink.js';

/** The transport of a connection, for operators. */
export type TransportKind = 'websocket' | 'stream' | 'poll';

/**
 * Carries one connection: frames to its client, and messages of the client to a {@link Carried}. A connection has a
 * channel of its own, or two that belong together, such as a stream and requests.
 */
export interface Transport extends Sink {
  readonly kind: TransportKind;
  /** The sub-protocol that was agreed on; empty for none. */
  readonly protocol: string;
  /** The address of the peer, which may be a proxy. */
  readonly remoteAddress: string | undefined;
  /** The ping, which a client answers by itself; absent where it could not. Bypasses {@link Sink.encoding}. */
  readonly pingFrame: Buffer | undefined;
  /** Whether nothing is read from the client. */
  readonly isPaused: boolean;
  /** Whether the client has said that it leaves, not just gone. */
  readonly hasSaidGoodbye: boolean;
  /** Stops reading, so that the client has to wait; bytes that were read already may still come. */
  pause(): void;
  resume(): void;
  /** Closes once all that it was given has left, with a code and a text. Calls {@link Carried.closed} when it has. */
  close(code: number, text?: string): void;
  /** Ends at once, whatever waits. Calls {@link Carried.closed} as well. */
  terminate(): void;
}

/** The connection that a transport carries, which the transport tells what happens. */
export interface Carried extends LogParty {
  /** The client has sent a message. @param frame its bytes, without any framing. */
  received(frame: Buffer): void;
  /** The client has done what costs as much as so many messages. */
  count(events: number, nowMs: number): void;
  /** The client has answered a ping. */
  ponged(): void;
  /** The client has sent something that is refused, and is told so. @param what it was, for example an event. */
  refused(what: string, kind: string, error: unknown): void;
  /** The client will send nothing more, or the transport closes for what it sent, if there is a reason. */
  broken(reason?: CloseReason): void;
  /** The transport is gone; nothing is called after that. */
  closed(): void;
}
