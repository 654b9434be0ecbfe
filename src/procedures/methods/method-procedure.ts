import type { ExternalContextCreator } from '@nestjs/core';
import type { MarkedMethod } from '../../callbacks/providers/provider-discovery.js';
import { parseDuration } from '../../config/kinds/duration.js';
import { PROCEDURE_NAME } from '../../config/kinds/text-format.js';
import type { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import { type OwnLimits, procedureLimits } from '../procedure-limits.js';
import { argumentReaders } from './parameters/argument-values.js';
import { returnTypeOf } from './parameters/design-types.js';
import { methodCallback } from './method-callback.js';
import { methodError } from './method-errors.js';
import { type MethodParameters, methodParameters } from './parameters/method-parameters.js';
import { defineNestParams, NEST_PARAMS } from './parameters/nest-params.js';
import { type ContextOf, procedureContexts } from './procedure-contexts.js';
import type { ProcedureOptions } from './procedure.decorator.js';
import { resumptionIn } from './resumable-options.js';
import { type MethodHandler, type MethodSignature, ProviderProcedure } from './provider.procedure.js';

/**
 * Makes a procedure of a method.
 * @throws when its name, its options or its parameters do not allow it; the message says which method it is.
 */
export function methodProcedure(
  marked: MarkedMethod,
  settings: ProceduresSettings,
  contexts: ExternalContextCreator,
): ProviderProcedure {
  const options = marked.mark as ProcedureOptions;
  try {
    const method = methodParameters(marked, options);
    const signature = signatureOf(marked, options, method);
    const limits = procedureLimits(settings, ownLimits(options));
    const handler = handlerOf(marked, method, signature, contexts);
    return new ProviderProcedure(signature, limits, handler, resumptionIn(options));
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${marked.name} cannot be a procedure: ${message}`, { cause: error });
  }
}

function signatureOf(
  { methodName, provider }: MarkedMethod,
  options: ProcedureOptions,
  { parameters, rest, isGenerator }: MethodParameters,
): MethodSignature {
  const name = options.name ?? methodName;
  if (!PROCEDURE_NAME.accepts(name))
    throw new Error(`its name is "${name}", expected ${PROCEDURE_NAME.expected}`);
  if (options.access !== undefined && options.public !== undefined)
    throw new Error('it has both of the options access and public');
  return {
    name,
    access: options.access ?? (options.public ? 'public' : 'private'),
    description: options.description,
    parameters,
    rest,
    returns: options.returns ?? returnTypeOf(provider, methodName),
    isStream: options.stream ?? isGenerator,
    isRaw: options.raw ?? false,
  };
}

function ownLimits({ concurrency, deadline }: ProcedureOptions): OwnLimits {
  if (concurrency !== undefined && !(Number.isSafeInteger(concurrency) && concurrency >= 0))
    throw new Error(`its concurrency is ${concurrency}, expected a whole number that is not negative`);
  const deadlineMs = deadline === undefined ? undefined : parseDuration(deadline);
  if (deadline !== undefined && deadlineMs === undefined)
    throw new Error(`its deadline is "${deadline}", expected a duration such as 15s, 2m or 500ms`);
  return { concurrency, deadlineMs };
}

/** The method as Nest calls it, with guards, pipes, interceptors and filters. */
function handlerOf(
  { provider, method, methodName, name }: MarkedMethod,
  parameters: MethodParameters,
  { isStream }: MethodSignature,
  contexts: ExternalContextCreator,
): MethodHandler {
  const { sources, isVariadic } = parameters;
  const readers = argumentReaders(parameters);
  const factory = defineNestParams(provider.constructor, methodName, sources, readers);
  const told: ContextOf['told'] = (error, { origin }) => methodError(error, name, origin.client);
  return procedureContexts(contexts, { isStream, told }).create(
    provider,
    methodCallback(method, sources.length, isVariadic),
    methodName,
    NEST_PARAMS,
    factory,
    undefined,
    undefined,
    { guards: true, interceptors: true, filters: true },
    'kittiwake',
  ) as MethodHandler;
}
