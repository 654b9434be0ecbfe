import type { Retention } from '../../history.js';
import { TOP_TTL_MS } from '../../memory.history.js';

/** Times are set anew after this part of them, not with each publication. */
const RENEWAL_PART = 1 / 16;

/** Milliseconds until the lifetime of what is kept has to be set anew. */
export function renewalMs(ttlMs: number): number {
  return ttlMs * RENEWAL_PART;
}

/** The time that is set for what is to be kept for another: there is something left even if one renewal has failed. */
function keptForMs(ttlMs: number): number {
  return Math.ceil(ttlMs * (1 + 2 * RENEWAL_PART));
}

/** That of the number of the last publication, which outlives it. */
function topKeptForMs(ttlMs: number): number {
  return Math.max(TOP_TTL_MS, 2 * keptForMs(ttlMs));
}

/** For so much longer than the list, whose numbers would begin anew without it. */
const BRIEF_TOP_MS = 1_000;

/** The arguments by which scripts know a retention: the size, the time of lists, that of tops. */
export function retentionArguments({
  size,
  ttlMs,
  isBrief = false,
}: Retention): [size: number, listMs: number, topMs: number] {
  const listMs = keptForMs(ttlMs);
  return [size, listMs, isBrief ? listMs + BRIEF_TOP_MS : topKeptForMs(ttlMs)];
}
