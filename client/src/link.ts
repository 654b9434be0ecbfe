import type { Frame } from './domain.js';
import type { Transport } from './transport.js';

/** One try to be connected, and what came of it. */
export interface Link {
  transport?: Transport;
  /** The first frame of the gateway. */
  hello?: Frame;
  isLive: boolean;
  timer?: unknown;
}
