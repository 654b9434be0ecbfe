import { CLOSE_REASONS, type CloseReason } from '../protocol/close-reason.js';
import type { AdmissionClock } from './admission-clock.js';
import type { ConnectionSettings } from './connection.settings.js';

/** What the deadlines of a connection are reckoned from; times as `monotonicMs` has them. */
export interface Deadlines {
  readonly lastFrameAtMs: number;
  readonly lastPingAtMs: number;
  readonly isPongDue: boolean;
  /** Until then the client has proved who it is, in milliseconds since the epoch; Infinity without an end. */
  readonly expiresAtMs: number;
  /** After how many milliseconds without a frame it is closed; 0 for never. */
  readonly idleMs: number;
  /** The client's time to be admitted; none once it is, and where that has no end. */
  readonly admission: AdmissionClock | undefined;
}

/**
 * What is to be done with a connection now: close it for a reason, or ping it.
 * @param isHeard whether it is read: else the client can show neither that it is there nor that it has something to say.
 */
export function dueAt(
  nowMs: number,
  { lastFrameAtMs, lastPingAtMs, isPongDue, idleMs, expiresAtMs, admission }: Deadlines,
  { pingIntervalMs, pingTimeoutMs, admissionDeadlineMs }: ConnectionSettings,
  isHeard: boolean,
): CloseReason | 'ping' | undefined {
  if (expiresInMs(expiresAtMs) <= 0) return CLOSE_REASONS.sessionExpired;
  if (!isHeard) return undefined;
  if (isPongDue && nowMs - lastPingAtMs >= pingTimeoutMs) return CLOSE_REASONS.unresponsive;
  if (idleMs > 0 && nowMs - lastFrameAtMs >= idleMs) return CLOSE_REASONS.idle;
  if (admission && nowMs >= admission.endsAtMs(nowMs, admissionDeadlineMs))
    return CLOSE_REASONS.notAuthenticated;
  return pingIntervalMs > 0 && !isPongDue && nowMs - lastPingAtMs >= pingIntervalMs ? 'ping' : undefined;
}

/** When the next of these is due. */
export function nextDueAtMs(
  nowMs: number,
  { lastFrameAtMs, lastPingAtMs, isPongDue, idleMs, expiresAtMs, admission }: Deadlines,
  { pingIntervalMs, pingTimeoutMs, admissionDeadlineMs }: ConnectionSettings,
): number {
  const endsAtMs = nowMs + expiresInMs(expiresAtMs);
  let dueAtMs = Math.min(endsAtMs, admission?.endsAtMs(nowMs, admissionDeadlineMs) ?? Infinity);
  if (isPongDue) dueAtMs = Math.min(dueAtMs, lastPingAtMs + pingTimeoutMs);
  const nextPingAtMs = lastPingAtMs + pingIntervalMs;
  // By then an answer that is due now may have come.
  if (pingIntervalMs > 0 && (!isPongDue || nextPingAtMs > nowMs)) dueAtMs = Math.min(dueAtMs, nextPingAtMs);
  return idleMs > 0 ? Math.min(dueAtMs, lastFrameAtMs + idleMs) : dueAtMs;
}

/** By the time of day, which whoever made the proof has used. */
function expiresInMs(expiresAtMs: number): number {
  return expiresAtMs === Infinity ? Infinity : expiresAtMs - Date.now();
}
