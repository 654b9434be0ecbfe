/** In how many whole seconds a time is reached, as clients are told; nothing when it never is. */
export function expiresIn(expiresAtMs: number | undefined, nowMs = Date.now()): number | undefined {
  if (expiresAtMs === undefined || !Number.isFinite(expiresAtMs)) return undefined;
  return Math.max(0, Math.floor((expiresAtMs - nowMs) / 1000));
}
