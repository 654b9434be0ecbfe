import { isObject, membersOf, type JsonMembers, type JsonText } from '../protocol/json/json.js';

/** The members of a body, each as the text it was written in; nothing for what is damaged. */
export function recordMembers(body: JsonText): JsonMembers | undefined {
  try {
    return isObject(JSON.parse(body)) ? membersOf(body) : undefined;
  } catch {
    return undefined; // it is told of as one that nobody can read
  }
}
