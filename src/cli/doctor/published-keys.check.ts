import { limitedFetch } from '../../auth/jwt/limited-fetch.js';
import { messageOf } from '../../base/message-of.js';
import type { JwtSettings } from '../../config/sections/auth/jwt.settings.js';
import type { Settings } from '../../config/settings.js';
import { isObject } from '../../protocol/json/json.js';
import { type Finding, ok, problem } from './finding.js';

const ABOUT = 'auth.jwt.jwksUrl';
const MAX_ANSWER_BYTES = 1_048_576;

/** The type of key that an algorithm takes (RFC 7518 section 3.1, RFC 8037), by the beginning of its name. */
const KEY_TYPES = [
  [/^(?:RS|PS)/, 'RSA'],
  [/^ES/, 'EC'],
  [/^Ed/, 'OKP'],
] as const;

/** Whether the issuer publishes a key that tokens can be signed with. */
export async function publishedKeysCheck(
  { auth }: Settings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { jwt } = auth;
  if (jwt?.jwksUrl === undefined) return [];
  const { origin, pathname } = new URL(jwt.jwksUrl);
  const place = `${origin}${pathname}`;
  try {
    const response = await limitedFetch(MAX_ANSWER_BYTES)(jwt.jwksUrl, { redirect: 'manual', signal });
    if (response.status !== 200) throw new Error(`status ${response.status}`);
    const usable = usableKeys(await response.json(), jwt);
    if (usable > 0) return [ok(ABOUT, `${place} has ${usable} usable ${usable === 1 ? 'key' : 'keys'}`)];
    const says = `${place} has no key for ${jwt.algorithms.join(', ')}`;
    return [problem(ABOUT, says, 'name the algorithms of the issuer in auth.jwt.algorithms')];
  } catch (error) {
    const { cause } = error as Error;
    const why = `${messageOf(error)}${cause === undefined ? '' : `: ${messageOf(cause)}`}`;
    return [problem(ABOUT, `${place}: ${why}`, 'set the URL at which the issuer publishes its keys')];
  }
}

/** @throws of what is no key set. */
function usableKeys(body: unknown, { algorithms }: JwtSettings): number {
  const keys = isObject(body) ? body.keys : undefined;
  if (!Array.isArray(keys)) throw new Error('this is no set of keys: there is no list "keys"');
  return keys.filter((key: unknown) => isObject(key) && algorithms.some((algorithm) => isFor(algorithm, key)))
    .length;
}

function isFor(algorithm: string, { kty, alg, use }: Record<string, unknown>): boolean {
  const type = KEY_TYPES.find(([names]) => names.test(algorithm))?.[1];
  return kty === type && (alg === undefined || alg === algorithm) && (use === undefined || use === 'sig');
}
