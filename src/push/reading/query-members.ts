import { ClientSelectionError } from '../../clients/client-selection.js';
import type { InputBounds } from '../../protocol/json/bounds.js';
import { JsonDocument } from '../../protocol/json/json-document.js';
import { JsonError, type JsonMembers, type JsonText, toJsonText } from '../../protocol/json/json.js';

/** Parameters whose values are JSON, not text. */
const AS_JSON: Readonly<Record<string, string>> = {
  identity_json: 'identity',
  room: 'room',
  limit: 'limit',
  subscriptions: 'subscriptions',
  data: 'data',
};

/** The parameters of a query about clients, as members. @throws {ClientSelectionError} when one is not JSON and has to be. */
export function queryMembers(parameters: URLSearchParams, bounds: InputBounds): JsonMembers {
  const members: JsonMembers = new Map();
  for (const [name, value] of parameters) {
    const member = AS_JSON[name];
    members.set(member ?? name, member === undefined ? toJsonText(value) : jsonOf(name, value, bounds));
  }
  return members;
}

function jsonOf(name: string, value: string, bounds: InputBounds): JsonText {
  try {
    return JsonDocument.read(value, { bounds }).text;
  } catch (error) {
    if (error instanceof JsonError) throw new ClientSelectionError(`${name} is ${error.message}`);
    throw error;
  }
}
