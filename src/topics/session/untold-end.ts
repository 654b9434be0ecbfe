import type { Hurry } from '../../callbacks/hurry.js';

/** An end of which the service could not be told yet. */
export interface UntoldEnd {
  /** Settles when it is told, or given up. */
  readonly told: Promise<void>;
  readonly hurry: Hurry;
}
