import type { ProceduresSettings } from '../config/sections/procedures/procedures.settings.js';
import type { ProcedureLimits } from './procedure.js';

/** Limits of one procedure; for those that are absent the settings of all procedures hold. */
export interface OwnLimits {
  readonly concurrency?: number | undefined;
  readonly deadlineMs?: number | undefined;
}

/** The limits of a procedure. Streams have a deadline only if the procedure has one of its own. */
export function procedureLimits(settings: ProceduresSettings, own: OwnLimits): ProcedureLimits {
  return {
    concurrency: own.concurrency ?? settings.concurrency,
    deadlineMs: own.deadlineMs ?? settings.deadlineMs,
    endsStreams: own.deadlineMs !== undefined,
  };
}
