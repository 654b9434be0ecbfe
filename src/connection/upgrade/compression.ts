import type { WebSocket } from 'ws';
import { Deflater } from '../outflow/deflater.js';
import type { InflationOwner, PerMessageDeflate } from './inflater.js';

const MAX_WINDOW_BITS = 15;

/**
 * permessage-deflate (RFC 7692) without context takeover: every message is compressed on its own, in both directions.
 * So one compressed frame serves all clients, and 50,000 of them need no more memory than without compression.
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
   * Prepares a connection whose client may have offered compression.
   * @param inflate a function that `inflaterOf` has made.
   * @param owner the connection.
   * @returns the encoding of the frames that it is sent, if the client can read it.
   */
  prepare(
    webSocket: WebSocket,
    inflate: PerMessageDeflate['decompress'],
    owner: InflationOwner,
  ): Deflater | undefined {
    const { _extensions: extensions } = webSocket as unknown as {
      readonly _extensions?: Record<string, PerMessageDeflate | undefined>;
    };
    const agreed = extensions?.['permessage-deflate'];
    if (!agreed) return undefined;
    agreed.decompress = inflate;
    agreed.owner = owner;
    const canRead = (agreed.params.server_max_window_bits ?? MAX_WINDOW_BITS) === MAX_WINDOW_BITS;
    return canRead ? this.deflater : undefined;
  }
}
