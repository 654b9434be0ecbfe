import { type Parameter, PARAMETER_TYPES, type ParameterType, type ValueLimits } from '../../signature.js';
import type { ParameterRules, ProcedureOptions } from '../procedure.decorator.js';

/** The entries of the option `parameters`, by name. */
export type RulesByName = ReadonlyMap<string, Rule>;

type Rule = NonNullable<ProcedureOptions['parameters']>[string];

/** An argument of a procedure that is a method. */
export interface MethodParameter extends Parameter {
  /** Whether the method wants a bigint also where a number would do. */
  readonly isBigInt: boolean;
}

/** A parameter as the method itself, or the class of its fields, declares it. */
export interface DeclaredParameter {
  readonly name: string;
  readonly type: ParameterType | undefined;
  readonly isOptional: boolean;
  readonly isBigInt: boolean;
  readonly limits?: ValueLimits | undefined;
}

/**
 * Applies the rules of the options to a declared parameter.
 * @throws when they name an unknown type.
 */
export function ruledParameter(declared: DeclaredParameter, rules: RulesByName): MethodParameter {
  const { name } = declared;
  const { type: ruled = declared.type, optional, namedOnly = false } = rulesOf(rules.get(name));
  const type = ruled === 'any' ? undefined : ruled;
  if (type && !PARAMETER_TYPES.includes(type))
    throw new Error(`the type of ${name} is "${type as string}", expected one of ${KNOWN.join(', ')}`);
  return {
    name,
    type,
    isOptional: optional ?? declared.isOptional,
    isNamedOnly: namedOnly,
    isBigInt: declared.isBigInt && type === 'int',
    ...(declared.limits && { limits: declared.limits }),
  };
}

/** The types that the option accepts, for the error text. */
const KNOWN = [...PARAMETER_TYPES, 'any', 'others'];

function rulesOf(given: Rule | undefined): ParameterRules {
  if (typeof given === 'object') return given;
  return given === undefined || given === 'others' ? {} : { type: given };
}

/** @throws when two have the same name, or one that can be given by position follows one that cannot. */
export function checkParameters(parameters: readonly Parameter[]): void {
  const names = new Set<string>();
  let namedOnly: string | undefined;
  for (const { name, isNamedOnly } of parameters) {
    if (names.has(name)) throw new Error(`two parameters are named ${name}`);
    names.add(name);
    if (isNamedOnly) namedOnly = name;
    else if (namedOnly !== undefined)
      throw new Error(`${namedOnly} can be given by name only, so ${name}, behind it, must be so as well`);
  }
}
