import type { WebSocket } from 'ws';
import { constants, inflateRawSync } from 'node:zlib';
import { Deflater } from './deflater.js';

type Inflated = (error: Error | null, message?: Buffer) => void;

/** ws' permessage-deflate of one connection, as far as it is of use here. */
interface PerMessageDeflate {
  readonly params: { readonly server_max_window_bits?: number };
  /** Takes a frame of a message; `inflated` MUST be called in a later turn. */
  decompress(frame: Buffer, isLast: boolean, inflated: Inflated): void;
  /** The frames so far of a message that is not complete. Ours. */
  fragments?: Buffer[];
}

/** What ends each message before it is compressed, and is left out (RFC 7692 section 7.2.1). */
const TRAILER = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const NOTHING = Buffer.alloc(0);
const MAX_WINDOW_BITS = 15;

/**
 * permessage-deflate (RFC 7692) without anything that is kept for a connection: every message is compressed on its own, in
 * both directions. So one compressed frame serves all clients, and 50,000 of them need no more memory than without.
 */
export class Compression {
  /** For ws' server. */
  readonly options = { serverNoContextTakeover: true, clientNoContextTakeover: true };
  private readonly deflater: Deflater;

  /** @param thresholdBytes shorter messages are not compressed. */
  constructor(thresholdBytes: number) {
    this.deflater = new Deflater(thresholdBytes);
  }

  /**
   * Prepares a connection of which the client may have offered compression.
   * @param inflate see {@link inflaterOf}.
   * @returns what compresses for it, if the client can read it.
   */
  prepare(webSocket: WebSocket, inflate: PerMessageDeflate['decompress']): Deflater | undefined {
    const { _extensions: extensions } = webSocket as unknown as {
      readonly _extensions?: Record<string, PerMessageDeflate | undefined>;
    };
    const agreed = extensions?.['permessage-deflate'];
    if (!agreed) return undefined;
    agreed.decompress = inflate;
    const canRead = (agreed.params.server_max_window_bits ?? MAX_WINDOW_BITS) === MAX_WINDOW_BITS;
    return canRead ? this.deflater : undefined;
  }
}

/**
 * Inflates the messages of clients; ws would keep 18 KiB for every connection that has ever sent one. What goes wrong is
 * done again by ws, which knows the close code for it.
 * @param maxBytes that a message may have.
 */
export function inflaterOf(maxBytes: number): PerMessageDeflate['decompress'] {
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: maxBytes };
  return function inflate(this: PerMessageDeflate, frame, isLast, inflated) {
    if (!isLast || this.fragments) (this.fragments ??= []).push(frame);
    if (!isLast) {
      process.nextTick(inflated, null, NOTHING);
      return;
    }
    const bytes = Buffer.concat([...(this.fragments ?? [frame]), TRAILER]);
    delete this.fragments;
    try {
      process.nextTick(inflated, null, inflateRawSync(bytes, options));
    } catch {
      (Object.getPrototypeOf(this) as PerMessageDeflate).decompress.call(this, bytes, false, inflated);
    }
  };
}
