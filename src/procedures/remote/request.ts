import {
  objectOrNull,
  objectText,
  toJsonText,
  type JsonMembers,
  type JsonText,
} from '../../protocol/json/json.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import type { ProcedureCall } from '../procedure-call.js';
import type { Signature } from '../signature.js';

/**
 * Writes the body of the request to the app: `{"procedure", "params", "args", "identity"}`. Arguments with a name are
 * in `params`, surplus ones by position in `args`. The fields of the identity keep the JSON text that they came in.
 */
export function remoteRequest(
  { name, parameters, rest }: Signature,
  { origin: { identity } }: Pick<ProcedureCall, 'origin'>,
  given: readonly unknown[],
): JsonText {
  const params: JsonMembers = new Map();
  for (const [index, parameter] of parameters.entries()) {
    if (given[index] !== undefined) params.set(parameter.name, richJsonText(given[index]));
  }
  let leftOver = given.slice(parameters.length);
  if (rest.named) {
    for (const [name, value] of leftOver[0] as ReadonlyMap<string, unknown>) {
      params.set(name, richJsonText(value));
    }
    leftOver = leftOver.slice(1);
  }
  return objectText([
    ['procedure', toJsonText(name)],
    ['params', objectText(params)],
    ['args', `[${leftOver.map((value) => richJsonText(value)).join(',')}]` as JsonText],
    ['identity', objectOrNull(identity)],
  ]);
}
