import { type JsonMembers, type JsonText, valueOf } from './json/json.js';
import { PublicationError } from './publication.js';

const MAX_KEY_LENGTH = 255;
const MEMBER = 'idempotency_key';

/** A publication, or a trigger, which may have a key. */
interface Keyed {
  readonly text: JsonText;
  readonly members: JsonMembers;
}

/** The error for a key that cannot be one. */
type Fault = new (message: string) => Error;

/**
 * The key by which a publication is known again when it is published once more.
 * @param given the key that came beside it, such as that of a header.
 * @throws an error of `fault` when it cannot be one, or there are two.
 */
export function idempotencyKeyOf(
  publication: Keyed,
  given: string | undefined,
  fault: Fault = PublicationError,
): string | undefined {
  if (given !== undefined) check(given, fault);
  const own = memberOf(publication, fault) ?? given;
  if (given !== undefined && own !== given)
    throw new fault(`"${MEMBER}" is another one than that of the request`);
  return own;
}

/** Whether it can be a key. */
export function isIdempotencyKey(key: unknown): key is string {
  return typeof key === 'string' && key !== '' && key.length <= MAX_KEY_LENGTH && key.isWellFormed();
}

function memberOf(publication: Keyed, fault: Fault): string | undefined {
  // Most have none: only those that may have one are read for it.
  const { text } = publication;
  if (!text.includes(MEMBER) && !text.includes('\\u')) return undefined;
  const member = publication.members.get(MEMBER);
  if (member === undefined || member === 'null') return undefined;
  return check(valueOf(member), fault);
}

function check(key: unknown, fault: Fault): string {
  if (isIdempotencyKey(key)) return key;
  throw new fault(`an idempotency key must be a text of 1 to ${MAX_KEY_LENGTH} characters`);
}
