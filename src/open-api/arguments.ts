import type { Parameter, ParameterType, Signature } from '../procedures/signature.js';
import { type Schema, schemaAt } from './open-api.js';

/** The member of a body that has the arguments by position. */
const POSITIONAL = '_args';

const TYPES: Readonly<Record<ParameterType, Schema>> = {
  int: { type: 'integer' },
  float: { type: 'number' },
  bool: { type: 'boolean' },
  str: { type: 'string' },
  bytes: schemaAt('Bytes'),
};

/** The schema of bytes. */
export const BYTES: Schema = {
  description: 'Bytes: in JSON an object, in MessagePack `bin`. A text stands for its UTF-8.',
  anyOf: [
    {
      type: 'object',
      properties: { __base64__: { type: 'string', contentEncoding: 'base64' } },
      required: ['__base64__'],
      additionalProperties: false,
    },
    { type: 'string' },
  ],
};

/** The schema of a type; for text that is not a type of parameters, any value. */
export function schemaOf(type: string | undefined): Schema {
  return type !== undefined && Object.hasOwn(TYPES, type) ? TYPES[type as ParameterType] : {};
}

/** Whether a call must have an argument. */
export function needsArguments({ parameters }: Signature): boolean {
  return parameters.some(({ isOptional }) => !isOptional);
}

/** The arguments of a procedure: all by name, or some of them by position. Nothing when it takes none. */
export function argumentsSchema({ parameters, rest }: Signature): Schema | undefined {
  if (parameters.length === 0 && !rest.positional && !rest.named) return undefined;
  const properties = Object.fromEntries(parameters.map((one) => [one.name, valueSchema(one)]));
  const named = { type: 'object', properties, additionalProperties: rest.named };
  const byName = { title: 'By name', ...named, ...requiring(namesOf(parameters)) };
  const positions = parameters.filter(({ isNamedOnly }) => !isNamedOnly);
  if (positions.length === 0 && !rest.positional) return byName;
  const byPosition = {
    title: 'By position',
    ...named,
    properties: { [POSITIONAL]: listOf(positions, rest.positional), ...properties },
    ...requiring([POSITIONAL, ...namesOf(parameters.filter(({ isNamedOnly }) => isNamedOnly))]),
  };
  return { anyOf: [byName, byPosition] };
}

/** The arguments of a call over WebSocket, by JSON Schema draft 7: a list, or an object of named ones. */
export function paramsSchema(signature: Signature): Schema {
  const { parameters, rest } = signature;
  const positions = parameters.filter(({ isNamedOnly }) => !isNamedOnly);
  const isByPosition = positions.length > 0 || rest.positional || parameters.length === 0;
  const minItems = positions.filter(({ isOptional }) => !isOptional).length;
  const { named, list } = listAndNames(signature);
  return {
    anyOf: [
      { ...named, ...requiring(namesOf(parameters)) },
      ...(isByPosition ? [{ ...list, ...(positions.length > 0 && { minItems }) }] : []),
    ],
  };
}

/** As {@link paramsSchema}, for calls that may have some by position and others by name: none of them need be in either. */
export function listAndNames({ parameters, rest }: Signature): {
  readonly list: Schema;
  readonly named: Schema;
} {
  const positions = parameters.filter(({ isNamedOnly }) => !isNamedOnly);
  const properties = Object.fromEntries(parameters.map((one) => [one.name, valueSchema(one)]));
  return {
    named: { title: 'By name', type: 'object', properties, additionalProperties: rest.named },
    list: {
      title: 'By position',
      type: 'array',
      ...(positions.length > 0 && { items: positions.map(valueSchema) }),
      ...(!rest.positional && { additionalItems: false, maxItems: positions.length }),
    },
  };
}

function valueSchema({ type, limits }: Parameter): Schema {
  return { ...schemaOf(type), ...limits };
}

function namesOf(parameters: readonly Parameter[]): string[] {
  return parameters.filter(({ isOptional }) => !isOptional).map(({ name }) => name);
}

function requiring(required: readonly string[]): Schema {
  return required.length === 0 ? {} : { required };
}

function listOf(positions: readonly Parameter[], takesMore: boolean): Schema {
  return {
    type: 'array',
    description: 'Arguments by position.',
    ...(positions.length > 0 && { prefixItems: positions.map(valueSchema) }),
    ...(!takesMore && { maxItems: positions.length }),
  };
}
