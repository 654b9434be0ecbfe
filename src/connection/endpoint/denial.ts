import type { CloseReason } from '../../protocol/close-reason.js';
import { ClientError, type Verdict } from '../../protocol/errors.js';
import type { HandshakeReason } from '../../protocol/handshake-refusals.js';

/** The app does not let a client connect, or could not be asked whether it may. */
export class Denial extends ClientError {
  constructor(
    /** The close reason for the client, where it is let in to be told. */
    readonly closing: CloseReason,
    /** The answer to its handshake, where the endpoint answers handshakes so. */
    readonly refusal: HandshakeReason,
    verdict: Verdict,
  ) {
    super(closing.name, closing.text, { verdict });
  }
}
