import { RouteParamtypes } from '@nestjs/common/internal';
import type { ParamsFactory } from '@nestjs/core/helpers/external-context-creator.js';
import type { ArgumentReader } from './argument-values.js';
import { customParams } from './custom-params.js';
import type { ParameterSource } from './parameter-source.js';

/** The metadata key under which Nest looks up the parameters of a procedure. */
export const NEST_PARAMS = 'kittiwake:procedure-nest-params';

/**
 * Defines the metadata from which Nest fills the parameters of a method. For pipes, arguments have the type `body`, as
 * those of a GraphQL field have: `ValidationPipe` validates these.
 * @returns the factory of the values. The arguments of the context are the call and the bound values.
 */
export function defineNestParams(
  host: object,
  method: string,
  sources: readonly ParameterSource[],
  readers: readonly ArgumentReader[],
): ParamsFactory {
  const custom = customParams(host, method);
  const byName = new Map<string | undefined, ArgumentReader>();
  const entries = sources.map((source, index) => {
    if (source.kind === 'custom') return custom.get(index)!;
    const data = source.kind === 'all' ? undefined : source.name;
    byName.set(data, readers[index]!);
    return [`${RouteParamtypes.BODY}:${index}`, { index, data, pipes: source.pipes }] as const;
  });
  Reflect.defineMetadata(NEST_PARAMS, Object.fromEntries(entries), host, method);
  return {
    exchangeKeyForValue: (_type, data, args: [call: unknown, values: readonly unknown[]]): unknown =>
      byName.get(data as string | undefined)!(args[1]),
  };
}
