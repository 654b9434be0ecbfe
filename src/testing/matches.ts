import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../protocol/json/json.js';

/** The matchers of Jest and Vitest, such as `expect.any(Number)`. */
interface Matcher {
  asymmetricMatch(value: unknown): boolean;
}

/** Whether a JSON value is the one that was expected: equal throughout, matchers of Jest and Vitest understood. */
export function matches(actual: unknown, expected: unknown): boolean {
  if (isMatcher(expected)) return expected.asymmetricMatch(actual);
  if (Array.isArray(expected) && Array.isArray(actual))
    return actual.length === expected.length && expected.every((element, at) => matches(actual[at], element));
  if (isObject(expected) && isObject(actual)) return membersMatch(actual, expected);
  return isDeepStrictEqual(actual, expected);
}

/** A member that is `undefined` is not there: JSON has none. */
function membersMatch(actual: Record<string, unknown>, expected: Record<string, unknown>): boolean {
  const names = new Set([...Object.keys(actual), ...Object.keys(expected)]);
  return [...names].every((name) => matches(actual[name], expected[name]));
}

function isMatcher(value: unknown): value is Matcher {
  return isObject(value) && typeof value.asymmetricMatch === 'function';
}
