import type { Settings } from '../../config/settings.js';

/** The severity of a finding: a problem keeps something from working. */
export type FindingState = 'ok' | 'warning' | 'problem';

/** One result of `kittiwake doctor`. */
export interface Finding {
  readonly state: FindingState;
  /** The setting that it is about. */
  readonly about: string;
  /** The finding itself; without secrets. */
  readonly says: string;
  /** Advice on what to do about it. */
  readonly cure?: string;
}

/** Tries something that the settings name, and changes nothing of it. MUST end when the signal is aborted. */
export type Check = (settings: Settings, signal: AbortSignal) => Promise<readonly Finding[]>;

export function ok(about: string, says: string): Finding {
  return { state: 'ok', about, says };
}

export function warning(about: string, says: string, cure: string): Finding {
  return { state: 'warning', about, says, cure };
}

/** @param cure may be left out where `says` has it. */
export function problem(about: string, says: string, cure?: string): Finding {
  return { state: 'problem', about, says, ...(cure !== undefined && { cure }) };
}
