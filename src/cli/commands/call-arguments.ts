import { assignment, jsonValue } from '../input/assignment.js';
import { CommandError } from '../command-error.js';
import type { CallArguments } from '../gateway/gateway-client.js';

const OPTION = /^--(?=[A-Za-z_])/;
const JSON_SIGN = ':=';

/**
 * Parses the arguments of a call: `a b` by position, `--name=text` and `--flag` by name. They are texts, which the
 * gateway converts to the types that the procedure declares; `:=JSON` and `--name:=JSON` are any value. After `--` all
 * words are texts, by position.
 * @throws {CommandError}
 */
export function parseCallArguments(words: readonly string[]): CallArguments {
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  const positional: unknown[] = [];
  const named = new Map<string, unknown>();
  for (const word of words.slice(0, end)) {
    if (!OPTION.test(word)) {
      positional.push(word.startsWith(JSON_SIGN) ? jsonValue(word.slice(JSON_SIGN.length), word) : word);
      continue;
    }
    const [option, value] = word.includes('=') ? assignment(word, word) : ([word, true] as const);
    const name = option.slice('--'.length).replaceAll('-', '_');
    if (named.has(name)) throw new CommandError(`${option} is given twice`);
    named.set(name, value);
  }
  return { positional: [...positional, ...words.slice(end + 1)], named: Object.fromEntries(named) };
}
