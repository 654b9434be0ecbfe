import { monotonicMs } from '../../base/monotonic-ms.js';
import type { Encoding } from '../outflow/sink.js';
import type { Carried, Transport, TransportKind } from '../transport.js';
import { namedEvent } from './event-framing.js';
import { linesOf } from './lines.js';

/** The fate of frames: `busy` when the client is to send them again later, a number when that one was to come first. */
export type Taking = 'taken' | 'busy' | 'gone' | number;

/** The part of a session that is the same whatever its transport. */
export interface SessionRules {
  readonly protocol: string;
  readonly remoteAddress: string | undefined;
  readonly encoding: Encoding;
  /** The session is over. */
  readonly onGone: () => void;
}

/**
 * Carries a connection over plain HTTP: what the client is sent goes as the implementations have it, and what it sends
 * comes by requests of its own, which name the session.
 */
export abstract class SessionTransport implements Transport {
  abstract readonly kind: TransportKind;
  abstract readonly pingFrame: Buffer | undefined;
  abstract readonly bufferedBytes: number;
  abstract readonly isFull: boolean;
  readonly protocol: string;
  readonly remoteAddress: string | undefined;
  readonly encoding: Encoding;
  isPaused = false;
  hasSaidGoodbye = false;
  protected isClosing = false;
  private isGone = false;
  private connection: Carried | undefined;
  private readonly onGone: () => void;
  /** The number of the client's frames that have been taken. */
  private taken = 0;

  constructor({ protocol, remoteAddress, encoding, onGone }: SessionRules) {
    this.protocol = protocol;
    this.remoteAddress = remoteAddress;
    this.encoding = encoding;
    this.onGone = onGone;
  }

  /** Begins to carry a connection. */
  carry(connection: Carried): void {
    this.connection = connection;
  }

  abstract write(frames: Buffer): boolean;
  abstract onceDrained(listener: () => void): void;
  abstract offDrained(listener: () => void): void;
  abstract close(code: number, text?: string): void;
  abstract terminate(): void;
  /** Ends without a word, for a client that has said goodbye. */
  protected abstract end(): void;

  /** See {@link Transport.pause}: {@link take} takes nothing meanwhile. */
  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  /**
   * Takes what the client has sent, each frame once and in order: those that it repeats are skipped.
   * @param first the number of the first frame, from 0.
   * @param body a frame in each line.
   */
  take(first: number, body: Buffer): Taking {
    if (this.isClosing) return 'gone';
    this.connection?.count(1, monotonicMs()); // the request, whatever is in it
    this.connection?.ponged();
    if (first > this.taken) return this.taken;
    if (this.isPaused) return 'busy';
    let number = first;
    for (const frame of linesOf(body)) {
      if (number++ < this.taken) continue;
      this.taken++;
      this.connection?.received(frame);
      if (this.isClosing) return 'gone';
    }
    return 'taken';
  }

  /** The client has said goodbye. */
  leave(): void {
    if (this.isClosing) return;
    this.hasSaidGoodbye = true;
    this.connection?.broken();
    this.isClosing = true;
    this.end();
  }

  /** To be called when nothing is carried any more. */
  protected gone(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.isClosing = true;
    this.onGone();
    this.connection?.closed();
  }
}

/** The last event of a client that is closed. */
export function closeEvent(code: number, text = ''): Buffer {
  return namedEvent('close', JSON.stringify({ code, reason: text }));
}
