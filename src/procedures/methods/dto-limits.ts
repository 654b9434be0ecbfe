import type { ValueLimits } from '../signature.js';

/** A rule of class-validator, as its metadata has it. */
export interface DtoRule {
  readonly name?: string;
  readonly constraints?: readonly unknown[];
  /** Whether it is for each element of a list. */
  readonly each: boolean;
}

type Read = (first: unknown, second: unknown) => ValueLimits;

/** Of the rules that there are, those that JSON Schema has words for. */
const LIMITS: ReadonlyMap<string | undefined, Read> = new Map<string, Read>([
  ['min', (minimum) => (typeof minimum === 'number' ? { minimum } : {})],
  ['max', (maximum) => (typeof maximum === 'number' ? { maximum } : {})],
  ['isInt', () => ({ multipleOf: 1 })],
  ['minLength', lengths],
  ['maxLength', (most) => lengths(undefined, most)],
  ['isLength', lengths],
  ['isIn', choices],
  ['isEnum', (_entity, values) => choices(values)],
]);

/** What the rules of a field say of its values; nothing when they say nothing that can be told. */
export function dtoLimits(rules: readonly DtoRule[]): ValueLimits | undefined {
  const limits = rules
    .filter(({ each }) => !each)
    .map(({ name, constraints = [] }) => LIMITS.get(name)?.(constraints[0], constraints[1]) ?? {});
  const all: ValueLimits = Object.assign({}, ...limits);
  return Object.keys(all).length === 0 ? undefined : all;
}

function lengths(least?: unknown, most?: unknown): ValueLimits {
  return {
    ...(typeof least === 'number' && { minLength: least }),
    ...(typeof most === 'number' && { maxLength: most }),
  };
}

function choices(values: unknown): ValueLimits {
  const isTold = (value: unknown): value is string | number | boolean =>
    ['string', 'number', 'boolean'].includes(typeof value);
  return Array.isArray(values) && values.every(isTold) ? { enum: values } : {};
}
