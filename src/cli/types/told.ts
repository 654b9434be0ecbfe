import type {
  ToldInterface,
  ToldParameter,
  ToldProcedure,
  ToldRooms,
  ToldService,
} from '../../operators/procedures/told-interface.js';
import { isObject } from '../../protocol/json/json.js';
import { CommandError } from '../command-error.js';

/** Reads what a gateway says of its interface. @throws {CommandError} for what is none. */
export function readInterface(answer: unknown): ToldInterface {
  const { services, rooms, procedures } = objectIn(answer);
  return {
    services: listIn(services).map(readService),
    rooms: rooms === undefined ? undefined : presenceIn(objectIn(rooms)),
    procedures: listIn(procedures).map(readProcedure),
  };
}

function readService(value: unknown): ToldService {
  const { name, topics, fields, ...others } = objectIn(value);
  const form = topics === undefined ? {} : { topics: listIn(topics).map(textIn) };
  return { name: textIn(name), ...form, fields: listIn(fields).map(textIn), ...presenceIn(others) };
}

function presenceIn({ presence }: Readonly<Record<string, unknown>>): ToldRooms {
  return presence === undefined ? {} : { presence: listIn(presence).map(textIn) };
}

function readProcedure(value: unknown): ToldProcedure {
  const { name, description, parameters, rest, returns, isStream } = objectIn(value);
  const { positional, named } = objectIn(rest);
  return {
    name: textIn(name),
    description: optionalText(description),
    parameters: listIn(parameters).map(readParameter),
    rest: { positional: positional === true, named: named === true },
    returns: optionalText(returns),
    isStream: isStream === true,
  };
}

function readParameter(value: unknown): ToldParameter {
  const { name, type, isOptional, isNamedOnly, enum: values } = objectIn(value);
  return {
    name: textIn(name),
    // A type that is not known here is any.
    type: optionalText(type) as ToldParameter['type'],
    isOptional: isOptional === true,
    isNamedOnly: isNamedOnly === true,
    enum: Array.isArray(values) && values.every(isLiteral) ? values : undefined,
  };
}

function isLiteral(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw new CommandError('types: the gateway does not say what it has; is it older than this command?');
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : objectIn(value) && [];
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
