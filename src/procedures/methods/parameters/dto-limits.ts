import type { ValueLimits } from '../../signature.js';

/** A rule in the metadata of class-validator. */
export interface DtoRule {
  readonly name?: string;
  readonly constraints?: readonly unknown[];
  /** Whether it holds for each element of a list. */
  readonly each: boolean;
}

type Read = (first: unknown, second: unknown) => ValueLimits;

/** The rules that have a keyword of JSON Schema. */
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

/** Converts the rules of a field to keywords of JSON Schema; `undefined` when none of them has one. */
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
