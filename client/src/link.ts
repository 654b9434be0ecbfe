import type { Credential } from './identity/credentials.js';
import type { Frame } from './frame.js';
import type { Transport } from './transport/transport.js';

/** One try to be connected, and what came of it. */
export interface Link {
  transport?: Transport;
  /** The first frame of the gateway. */
  hello?: Frame;
  /** The credential to be proven on it, or that has been; undefined: not known. */
  credential?: Credential;
  /** The gateway does not know yet who the client is, and may know soon. */
  isProving?: boolean;
}
