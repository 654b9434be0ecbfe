import type { ResumableSettings } from '../config/sections/procedures/resumable.settings.js';

/** The retention of the calls of a procedure, so that they outlive the connection of their caller. */
export interface Resumption {
  /** The time for which a call is kept after its last result, in milliseconds. */
  readonly ttlMs: number;
  /** The most that is kept of one call: its results, and what each write costs besides. A call with more ends. */
  readonly maxBytes: number;
  /** The time for which a call goes on that nobody watches, in milliseconds; absent: to its end. */
  readonly graceMs: number | undefined;
  /** Whether another node may go on with a call whose node is gone. */
  readonly takesOver: boolean;
}

/** The retention by the settings of a procedure. */
export function resumptionOf(settings: Omit<ResumableSettings, 'mayWatch' | 'onLost'>): Resumption {
  const { ttlMs, maxBytes, whenAbandoned, graceMs, takeOver } = settings;
  return { ttlMs, maxBytes, graceMs: whenAbandoned === 'stop' ? graceMs : undefined, takesOver: takeOver };
}
