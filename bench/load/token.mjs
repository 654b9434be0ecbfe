import { createHmac } from 'node:crypto';
import { TOKEN_SECRET } from '../wire.mjs';

const HEADER = encode({ alg: 'HS256', typ: 'JWT' });
const AN_HOUR_S = 3600;

/** A JSON Web Token (RFC 7519, HS256) for this user, valid for an hour. */
export function tokenOf(user) {
  const signed = `${HEADER}.${encode({ sub: user, exp: Math.floor(Date.now() / 1000) + AN_HOUR_S })}`;
  return `${signed}.${createHmac('sha256', TOKEN_SECRET).update(signed).digest('base64url')}`;
}

function encode(claims) {
  return Buffer.from(JSON.stringify(claims)).toString('base64url');
}
