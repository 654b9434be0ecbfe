import { isObject } from '../protocol/json/json.js';
import { ask } from './calling.js';
import type { Context } from './context.js';

/** Procedures of the gateway that `ping` does not list. */
const UNTOLD: readonly string[] = ['ping', 'config', 'quitquitquit'];

/**
 * The procedures of the running gateway, each with the names of its parameters.
 * Empty if the caller may not see them.
 * @throws {CommandError} when there is no gateway.
 */
export async function methodsOf(context: Context): Promise<ReadonlyMap<string, readonly string[]>> {
  const answer = await ask(context, 'ping');
  if (!isObject(answer) || !isObject(answer.methods)) return new Map();
  const all = [...UNTOLD.map((name) => [name, {}] as const), ...Object.entries(answer.methods)];
  return new Map(all.map(([name, method]) => [name, parametersOf(method)]));
}

function parametersOf(method: unknown): string[] {
  if (!isObject(method)) return [];
  return [...Object.keys(Object(method.args)), ...Object.keys(Object(method.options))];
}
