import { createHmac, timingSafeEqual } from 'node:crypto';
import { TOKEN_SECRET } from '../wire.mjs';

/** The claims of a JSON Web Token signed with HS256. @throws when the signature is not that of the bench. */
export function identityOf(token) {
  const [header, claims, signature] = token.split('.');
  const expected = createHmac('sha256', TOKEN_SECRET).update(`${header}.${claims}`).digest();
  if (!timingSafeEqual(expected, Buffer.from(signature, 'base64url'))) throw new Error('not signed by us');
  return JSON.parse(Buffer.from(claims, 'base64url').toString());
}
