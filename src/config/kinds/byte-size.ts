const UNITS = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;
const SIZE = /^(?<count>\d+(?:\.\d+)?)(?<unit>B|KiB|MiB|GiB)?$/;

/** The largest size that a setting may have, in bytes: 1 GiB. */
export const MAX_BYTES = UNITS.GiB;

/**
 * Reads `65536`, `512B`, `64KiB`, `1.5MiB`, `1GiB`.
 * @returns whole bytes; `undefined` when the text is not a size or has a unit of another kind (`64KB`, `1M`).
 */
export function parseByteSize(text: string): number | undefined {
  const { count, unit = 'B' } = SIZE.exec(text)?.groups ?? {};
  const bytes = Number(count) * UNITS[unit as keyof typeof UNITS];
  return Number.isInteger(bytes) ? bytes : undefined;
}

/** Writes bytes in the largest unit that leaves no fraction: `1MiB`, `1000B`; none is `0B`. */
export function formatByteSize(bytes: number): string {
  const unit = (['GiB', 'MiB', 'KiB'] as const).find((unit) => bytes > 0 && bytes % UNITS[unit] === 0) ?? 'B';
  return `${bytes / UNITS[unit]}${unit}`;
}
