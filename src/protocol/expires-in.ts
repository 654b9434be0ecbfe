/** The whole seconds until a time, for clients; 0 when it has passed, nothing when it never comes. */
export function expiresIn(expiresAtMs: number | undefined, nowMs = Date.now()): number | undefined {
  if (expiresAtMs === undefined || !Number.isFinite(expiresAtMs)) return undefined;
  return Math.max(0, Math.floor((expiresAtMs - nowMs) / 1000));
}
