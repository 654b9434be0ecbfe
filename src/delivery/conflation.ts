import type { SlowConsumerPolicy } from '../config/kinds/slow-consumer.js';
import { canonicalJson } from '../protocol/json/canonical-json.js';
import { detached, isObjectText, type JsonText, membersOf } from '../protocol/json/json.js';

/**
 * The key of a publication for a client that does not keep up: only the last one of each key waits for it. With
 * `undefined` they all wait, and the oldest are dropped when they are too many.
 */
export type KeyOf<P> = (publication: P) => string | undefined;

const DATA = 'data.';
const NONE = 'null';

/**
 * Chooses the key function of a policy for clients that do not keep up; `undefined` when it closes them.
 * @param keys the functions by the values of `conflateKey`; any other names a member of the data.
 */
export function keyFor<P extends { readonly data: JsonText }>(
  policy: SlowConsumerPolicy,
  conflateKey: string,
  keys: Readonly<Record<string, KeyOf<P>>>,
): KeyOf<P> | undefined {
  if (policy === 'disconnect') return undefined;
  if (policy === 'drop-oldest') return () => undefined;
  return keys[conflateKey] ?? keyOfMember(conflateKey.slice(DATA.length));
}

/** Keys by a member of the data: equal for values that are equal as JSON. Read once for all clients that are slow. */
function keyOfMember<P extends { readonly data: JsonText }>(name: string): KeyOf<P> {
  let last: WeakRef<P> | undefined;
  let lastKey = NONE;
  return (publication) => {
    if (last?.deref() === publication) return lastKey;
    const { data } = publication;
    const value = isObjectText(data) ? membersOf(data).get(name) : undefined;
    last = new WeakRef(publication);
    lastKey = value === undefined ? NONE : detached(canonicalJson(value));
    return lastKey;
  };
}
