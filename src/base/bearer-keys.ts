import { createHash } from 'node:crypto';

const HASH = /^sha256:([\da-f]{64})$/i;
const BEARER = /^bearer +(\S+) *$/i;

/** The name of a key by its hash, under which it can be written down without giving it away: `sha256:<hex>`. */
export function hashedKey(key: string): string {
  return `sha256:${digestOf(key)}`;
}

/** Whether a text is the hash of a key, not a key. */
export function isHashedKey(text: string): boolean {
  return HASH.test(text);
}

/**
 * Those who authenticate with `Authorization: Bearer <key>`, by key. All are looked up by hash: none is kept, and how
 * long it takes tells nothing of them. One round of SHA-256 is enough for keys that are random, as `kittiwake key` makes
 * them; it is not for passwords.
 */
export class BearerKeys<Bearer> {
  private readonly bearers = new Map<string, Bearer>();

  /** @param bearers each by its key, or by the hash of it ({@link hashedKey}); of equal ones, the first counts. */
  constructor(bearers: Iterable<readonly [key: string, bearer: Bearer]>) {
    for (const [key, bearer] of bearers) {
      const digest = HASH.exec(key)?.[1]?.toLowerCase() ?? digestOf(key);
      if (!this.bearers.has(digest)) this.bearers.set(digest, bearer);
    }
  }

  /** The bearer in a header. @param authorization its value. */
  find(authorization: string | undefined): Bearer | undefined {
    const key = BEARER.exec(authorization ?? '')?.[1];
    return key === undefined ? undefined : this.bearers.get(digestOf(key));
  }
}

function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
