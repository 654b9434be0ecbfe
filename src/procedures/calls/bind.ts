import type { ProcedureArguments } from '../arguments.js';
import { PROCEDURE_ERRORS } from '../procedure-errors.js';
import type { Parameter, Signature } from '../signature.js';
import { ConversionError } from './conversion-error.js';
import { convert } from './convert.js';

/**
 * Binds arguments to the parameters of a procedure: one value per parameter, in order and converted to its type, and
 * `undefined` for each that was left out. If it takes named arguments of any name, a `Map` of those that match no
 * parameter follows, at `values[parameters.length]`; if it takes any number by position, the surplus ones come last.
 * @throws {ClientError} `arguments_mismatch` when one is missing, given twice, unknown or too many, as its cause says.
 * @throws {ClientError} `procedure_failed` with a {@link ConversionError} as its cause.
 */
export function bind(signature: Signature, { positional, named }: ProcedureArguments): unknown[] {
  const { parameters, rest } = signature;
  const byPosition = positionsOf(parameters);
  if (positional.length > byPosition && !rest.positional)
    throw mismatch(signature, tooMany(parameters, byPosition, positional.length));
  const others = new Map(named);
  const values = parameters.map((parameter, index) => {
    const { name } = parameter;
    const isNamed = others.delete(name);
    const isByPosition = index < byPosition && index < positional.length;
    if (isNamed && isByPosition) throw mismatch(signature, `got multiple values for argument '${name}'`);
    if (isByPosition) return converted(signature, parameter, positional[index]);
    return isNamed ? converted(signature, parameter, named.get(name)) : undefined;
  });
  refuseOthers(signature, others);
  refuseMissing(signature, positional.length, named);
  if (rest.named) values.push(others);
  return rest.positional ? values.concat(positional.slice(byPosition)) : values;
}

/** Counts the parameters that can be given by position: those before the first that is named only. */
function positionsOf(parameters: readonly Parameter[]): number {
  const first = parameters.findIndex(({ isNamedOnly }) => isNamedOnly);
  return first === -1 ? parameters.length : first;
}

function converted({ name }: Signature, { type }: Parameter, value: unknown): unknown {
  if (!type) return value;
  try {
    return convert(type, value);
  } catch (error) {
    throw error instanceof ConversionError ? PROCEDURE_ERRORS.failed(name, error) : error;
  }
}

function refuseOthers(signature: Signature, others: ReadonlyMap<string, unknown>): void {
  if (signature.rest.named) return;
  for (const name of others.keys())
    throw mismatch(signature, `got an unexpected keyword argument '${shortened(name)}'`);
}

function refuseMissing(signature: Signature, positions: number, named: ReadonlyMap<string, unknown>): void {
  const isMissing = ({ name, isOptional }: Parameter): boolean => !isOptional && !named.has(name);
  const { parameters } = signature;
  const byPosition = positionsOf(parameters);
  for (const [kind, missing] of [
    ['positional', parameters.slice(Math.min(positions, byPosition), byPosition).filter(isMissing)],
    ['keyword-only', parameters.slice(byPosition).filter(isMissing)],
  ] as const) {
    if (missing.length === 0) continue;
    const names = listed(missing.map(({ name }) => `'${name}'`));
    throw mismatch(
      signature,
      `missing ${missing.length} required ${kind} ${plural(missing.length)}: ${names}`,
    );
  }
}

function tooMany(parameters: readonly Parameter[], most: number, given: number): string {
  const least = parameters.slice(0, most).filter(({ isOptional }) => !isOptional).length;
  const takes = least === most ? `${most}` : `from ${least} to ${most}`;
  return `takes ${takes} positional ${plural(most)} but ${given} ${given === 1 ? 'was' : 'were'} given`;
}

function mismatch({ name }: Signature, detail: string): Error {
  return PROCEDURE_ERRORS.argumentsMismatch(name, `${name}() ${detail}`);
}

function plural(count: number): string {
  return count === 1 ? 'argument' : 'arguments';
}

function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join();
  return `${names.slice(0, -1).join(', ')}${names.length > 2 ? ',' : ''} and ${names.at(-1)}`;
}

/** Callers may send names of any length. */
function shortened(name: string): string {
  return name.length > 100 ? `${name.slice(0, 100)}...` : name;
}
