const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const DURATION = /^(?<count>\d+(?:\.\d+)?)(?<unit>ms|s|m|h)$/;

/** The longest duration that a setting may have: Node's timers end at 2^31 - 1 ms and fire at once beyond. */
export const MAX_DURATION_MS = 24 * 24 * UNITS.h;

/**
 * Reads `500ms`, `15s`, `1.5s`, `2m`, `1h`.
 * @returns whole milliseconds; `undefined` when the text is not a duration, lacks its unit or is finer than 1ms.
 */
export function parseDuration(text: string): number | undefined {
  const { count, unit } = DURATION.exec(text)?.groups ?? {};
  const exact = Number(count) * UNITS[unit as keyof typeof UNITS];
  const rounded = Math.round(exact);
  return Math.abs(exact - rounded) < 1e-6 ? rounded : undefined;
}

/** Writes whole milliseconds in the largest unit that leaves no fraction: `15s`, `90s`, `2m`, `1500ms`; none is `0s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  const unit = (['h', 'm', 's'] as const).find((unit) => durationMs % UNITS[unit] === 0) ?? 'ms';
  return `${durationMs / UNITS[unit]}${unit}`;
}
