import { JsonDocument } from '../../protocol/json/json-document.js';
import { isObject, type JsonMembers } from '../../protocol/json/json.js';

/** A longer token is refused unread. */
const MAX_TOKEN_LENGTH = 16_384;

const COMPACT = /^([\w-]+)\.([\w-]+)\.[\w-]+$/;

/** The refusal of a token; its message never quotes the token. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}

/** A JSON Web Token in the compact form (RFC 7515 section 3.1), taken apart but not verified. */
export class Jwt {
  private constructor(
    /** The algorithm that its header names (`alg`). */
    readonly algorithm: string,
    /** The claims as the text they were signed as; not to be believed before the token is verified. */
    readonly claims: JsonMembers,
  ) {}

  /**
   * Parses a token. One that is refused here never reaches the libraries, which quote parts of malformed JSON, and of
   * which jsonwebtoken checks no claims in a payload that is not an object.
   * @throws {TokenError} when it is too long, not such a token, or demands extensions, of which none is known.
   * @throws {JsonError} when its header or its payload is not JSON.
   */
  static parse(text: string): Jwt {
    if (text.length > MAX_TOKEN_LENGTH) throw new TokenError(`longer than ${MAX_TOKEN_LENGTH} characters`);
    const [, header, payload] = COMPACT.exec(text) ?? [];
    if (header === undefined || payload === undefined) throw new TokenError('not a signed token');
    const fields = JsonDocument.read(decode(header)).value;
    if (!isObject(fields) || typeof fields.alg !== 'string') {
      throw new TokenError('the header names no algorithm');
    }
    // jsonwebtoken ignores critical extensions, which RFC 7515 section 4.1.11 forbids.
    if (Object.hasOwn(fields, 'crit')) throw new TokenError('the header has critical extensions');
    const claims = JsonDocument.read(decode(payload)).members;
    if (!claims) throw new TokenError('the payload is not a JSON object');
    return new Jwt(fields.alg, claims);
  }
}

function decode(part: string): string {
  return Buffer.from(part, 'base64url').toString();
}
