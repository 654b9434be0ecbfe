import { valueOf } from '../protocol/json/json.js';
import { type Publication, PublicationError } from '../protocol/publication.js';

const MAX_KEY_LENGTH = 255;
const MEMBER = 'idempotency_key';

/**
 * The key by which a publication is known again when it is published once more.
 * @param given the key that came beside it, such as that of a header.
 * @throws {PublicationError} when it cannot be one, or there are two.
 */
export function idempotencyKeyOf(publication: Publication, given: string | undefined): string | undefined {
  if (given !== undefined) check(given);
  const own = memberOf(publication) ?? given;
  if (given !== undefined && own !== given)
    throw new PublicationError(`"${MEMBER}" is another one than that of the request`);
  return own;
}

function memberOf(publication: Publication): string | undefined {
  // Most have none: only those that may have one are read for it.
  const { text } = publication;
  if (!text.includes(MEMBER) && !text.includes('\\u')) return undefined;
  const member = publication.members.get(MEMBER);
  if (member === undefined || member === 'null') return undefined;
  return check(valueOf(member));
}

function check(key: unknown): string {
  if (typeof key === 'string' && key !== '' && key.length <= MAX_KEY_LENGTH && key.isWellFormed()) return key;
  throw new PublicationError(`an idempotency key must be a text of 1 to ${MAX_KEY_LENGTH} characters`);
}
