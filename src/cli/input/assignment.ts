import { readFileSync } from 'node:fs';
import { JsonError } from '../../protocol/json/json.js';
import { parseRichJson } from '../../protocol/json/rich-json.js';
import { CommandError } from '../command-error.js';

const ASSIGNMENT = /^([^:=]+)(:?=)([\s\S]*)$/;
const STDIN = 0;

/** Parses `name=text`, or `name:=JSON` for a value that is not a text. @throws {CommandError} */
export function assignment(text: string, option: string): readonly [name: string, value: unknown] {
  const [, name, sign, value = ''] = ASSIGNMENT.exec(text) ?? [];
  if (name === undefined) throw new CommandError(`${option}: neither name=text nor name:=JSON: ${text}`);
  return [name, sign === '=' ? value : jsonValue(value, `${option} ${name}`)];
}

/** Collects the assignments of an option that may be repeated. */
export function collect(option: string) {
  return (text: string, before: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries([...Object.entries(before), assignment(text, option)]);
}

/**
 * Parses a value that is written as JSON.
 * @param where names the value in the error message.
 * @throws {CommandError}
 */
export function jsonValue(text: string, where: string): unknown {
  try {
    return parseRichJson(text, { bytes: false });
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new CommandError(`${where}: ${cause.message}`, undefined, { cause });
  }
}

/** As {@link jsonValue}, of an argument that may be `-`: then the JSON is read from standard input. */
export function jsonArgument(text: string, where: string): unknown {
  return jsonValue(text === '-' ? readFileSync(STDIN, 'utf8') : text, where);
}
