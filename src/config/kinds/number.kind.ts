import { IsInt, Max, Min } from 'class-validator';
import { formatByteSize, MAX_BYTES, parseByteSize } from './byte-size.js';
import { formatDuration, MAX_DURATION_MS, parseDuration } from './duration.js';
import type { ValueKind } from './kind.js';
import { checked } from './text.kind.js';

/** The smallest and the largest allowed number. */
interface Range {
  readonly min: number;
  readonly max: number;
}

const DIGITS = /^[+-]?\d+(?:\.\d+)?$/;

/** The largest count, unless a setting has a lower limit. */
const MAX_COUNT = 1_000_000_000;

/** A whole number. */
export function integer({ min, max = MAX_COUNT }: { min: number; max?: number }): ValueKind {
  const expected = `a whole number from ${min} to ${max}`;
  return {
    name: max === MAX_COUNT ? `integer from ${min}` : `integer ${min}-${max}`,
    checks: [IsInt(), Min(min), Max(max)],
    fromText: (text) => (/^[+-]?\d+$/.test(text) ? Number(text) : text),
    read: (input) => input,
    write: (value) => value,
    faults: (input) => [{ at: '', found: input, expected }],
  };
}

/** A number of processes, or `auto` for as many as the machine can run in parallel. */
export function workers(): ValueKind {
  const count = integer({ min: 1, max: 1024 });
  const expected = 'auto, or a whole number from 1 to 1024';
  const accepts = (value: unknown): boolean =>
    value === 'auto' || (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 1024);
  return {
    ...count,
    name: `auto, ${count.name}`,
    checks: [checked(expected, accepts)],
    faults: (input) => [{ at: '', found: input, expected }],
  };
}

/** A duration, in milliseconds in the field; by default from 0 to {@link MAX_DURATION_MS}. */
export function duration({ min = 0, max = MAX_DURATION_MS }: Partial<Range> = {}): ValueKind {
  const expected = `a duration such as 15s or 500ms, from ${formatDuration(min)} to ${formatDuration(max)}`;
  return {
    name: 'duration',
    checks: [IsInt(), Min(min), Max(max)],
    fromText: (text) => text,
    read: (input) => (typeof input === 'string' ? parseDuration(input) : undefined) ?? NaN,
    write: (value) => formatDuration(Number(value)),
    faults: (input) => [{ at: '', found: input, expected, ...unitHint(input) }],
  };
}

/** A size in bytes; by default from 1 to {@link MAX_BYTES}. */
export function bytes({ min = 1, max = MAX_BYTES }: Partial<Range> = {}): ValueKind {
  const expected = `a size in bytes such as 65536, 64KiB or 1MiB, from ${formatByteSize(min)} to ${formatByteSize(max)}`;
  return {
    name: 'size',
    checks: [IsInt(), Min(min), Max(max)],
    fromText: (text) => text,
    read: (input) => (typeof input === 'string' ? (parseByteSize(input) ?? NaN) : input),
    write: (value) => formatByteSize(Number(value)),
    faults: (input) => [{ at: '', found: input, expected }],
  };
}

function unitHint(input: unknown): { hint?: string } {
  const isBare = typeof input === 'number' || (typeof input === 'string' && DIGITS.test(input));
  return isBare ? { hint: `add a unit: ${input}s for seconds, ${input}ms for milliseconds` } : {};
}
