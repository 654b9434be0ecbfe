import type { Settings } from '../../config/settings.js';
import { type Finding, problem, warning } from './finding.js';

/** Apart by less, clocks are alike: answers take time, and `Date` has whole seconds. */
const NOTICEABLE_MS = 2_000;

/** @param about the setting that names whose clock it is. @param theirMs what it says now, since 1970. */
export function clockFindings(about: string, theirMs: number, { auth }: Settings): readonly Finding[] {
  const apartMs = Math.abs(theirMs - Date.now());
  const toleranceMs = auth.jwt?.clockToleranceMs ?? Infinity;
  if (apartMs < NOTICEABLE_MS) return [];
  const says = `its clock and that of this machine are ${Math.round(apartMs / 1000)} s apart`;
  const cure = 'have both set by NTP';
  if (apartMs <= toleranceMs) return [warning(about, says, cure)];
  return [problem(about, `${says}: tokens of one may be refused by the other`, cure)];
}
