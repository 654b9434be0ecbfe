import type { MarkedMethod } from '../../../callbacks/providers/provider-discovery.js';
import type { Rest } from '../../signature.js';
import { customParams } from './custom-params.js';
import { designTypesOf, parameterTypeOf } from './design-types.js';
import { dtoFields } from './dto-fields.js';
import { type FormalParameter, functionShape } from './function-shape.js';
import {
  checkParameters,
  type MethodParameter,
  type RulesByName,
  ruledParameter,
} from './parameter-rules.js';
import type { ParameterSource } from './parameter-source.js';
import { type DecoratedParam, decoratedParams } from './procedure-params.js';
import type { ProcedureOptions } from '../procedure.decorator.js';

/** The parameters of a method, and the source of each value. */
export interface MethodParameters {
  readonly parameters: readonly MethodParameter[];
  readonly rest: Rest;
  /** One for each parameter that the method declares. */
  readonly sources: readonly ParameterSource[];
  /** Whether the last of them is a rest parameter. */
  readonly isVariadic: boolean;
  readonly isGenerator: boolean;
}

/**
 * Reads the parameters of a method from its source, its decorators, the types that TypeScript has emitted, and the
 * options.
 * @throws when these contradict each other or leave a parameter without a name.
 */
export function methodParameters(
  { provider, method, methodName }: MarkedMethod,
  options: ProcedureOptions,
): MethodParameters {
  const rules: RulesByName = new Map(Object.entries(options.parameters ?? {}));
  const shape = functionShape(method);
  const formals = formalsOf(shape?.parameters, options.parameters && [...rules.keys()]);
  const custom = customParams(provider.constructor, methodName);
  const decorated = decoratedParams(provider.constructor, methodName);
  const sources = formals.map((formal, index) =>
    custom.has(index) ? CUSTOM : sourceOf(formal, index, decorated.get(index), rules),
  );
  const types = designTypesOf(provider, methodName);
  const all = sources.findIndex(({ kind }) => kind === 'all');
  const { parameters, rest } =
    all === -1 ? ofArguments(formals, sources, types, rules) : ofObject(sources, types[all], rules);
  checkParameters(parameters);
  const isVariadic = formals.at(-1)?.isRest ?? false;
  return { parameters, rest, sources, isVariadic, isGenerator: shape?.isGenerator ?? false };
}

const CUSTOM: ParameterSource = { kind: 'custom' };

/** A method wrapped by another decorator often declares `...args` alone; then the option `parameters` names them. */
function formalsOf(
  declared: readonly FormalParameter[] | undefined,
  named: readonly string[] | undefined,
): readonly FormalParameter[] {
  const [first, ...more] = declared ?? [];
  const isWrapper = first?.isRest === true && more.length === 0 && !named?.includes(first.name ?? '');
  if (declared && !(isWrapper && named)) return declared;
  if (named) return named.map((name) => ({ name, hasDefault: false, isRest: false }));
  throw new Error(
    'its source does not tell its parameters: name them all in the option parameters, in their order',
  );
}

function sourceOf(
  { name, isRest }: FormalParameter,
  index: number,
  decorated: DecoratedParam | undefined,
  rules: RulesByName,
): ParameterSource {
  const pipes = decorated?.pipes ?? [];
  if (decorated?.kind === 'all') return { kind: 'all', pipes };
  const given = decorated?.name ?? name;
  if (given === undefined)
    throw new Error(`parameter ${index + 1} has no name: give it one with @ProcedureArg('name')`);
  if (isRest) return { kind: 'rest', name: given, pipes };
  return { kind: rules.get(given) === 'others' ? 'others' : 'argument', name: given, pipes };
}

function ofArguments(
  formals: readonly FormalParameter[],
  sources: readonly ParameterSource[],
  types: readonly unknown[],
  rules: RulesByName,
): Pick<MethodParameters, 'parameters' | 'rest'> {
  const names = new Set(sources.map((source) => ('name' in source ? source.name : undefined)));
  const unknown = [...rules.keys()].find((name) => !names.has(name));
  if (unknown !== undefined)
    throw new Error(`the option parameters has ${unknown}, which is no parameter of it`);
  const parameters = sources.flatMap((source, index) => {
    if (source.kind !== 'argument') return [];
    const isOptional = formals[index]!.hasDefault;
    const type = parameterTypeOf(types[index]);
    return [
      ruledParameter({ name: source.name, type, isOptional, isBigInt: types[index] === BigInt }, rules),
    ];
  });
  const others = sources.filter(({ kind }) => kind === 'others').length;
  if (others > 1) throw new Error('two parameters get the arguments of other names');
  return {
    parameters,
    rest: { positional: sources.some(({ kind }) => kind === 'rest'), named: others === 1 },
  };
}

/** Without fields and rules, arguments of any name are accepted. */
function ofObject(
  sources: readonly ParameterSource[],
  type: unknown,
  rules: RulesByName,
): Pick<MethodParameters, 'parameters' | 'rest'> {
  const isAlone = sources.filter(({ kind }) => kind !== 'custom').length === 1;
  if (!isAlone)
    throw new Error('a parameter with @ProcedureParams() gets all arguments, so there can be no other');
  const fields = dtoFields(type);
  const known = new Set(fields.map(({ name }) => name));
  const more = [...rules.keys()].filter((name) => !known.has(name));
  const declared = more.map((name) => ({ name, type: undefined, isOptional: false, isBigInt: false }));
  const parameters = [...fields, ...declared].map((field) => ruledParameter(field, rules));
  return { parameters, rest: { positional: false, named: parameters.length === 0 } };
}
