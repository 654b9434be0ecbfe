import type { IncomingHttpHeaders } from 'node:http';
import { BEARER_PREFIX } from '../protocol/sub-protocol.js';

/** What may follow the path where procedures are called: a token. */
export const TOKEN_PATH = /^\/token\/([\w.-]+)$/;

const BEARER = /^Bearer +([\w.-]+) *$/i;

/**
 * The token of a handshake: of its path, of `Authorization: Bearer …`, or of a sub-protocol `kittiwake.bearer.…`, the
 * first of these that there is.
 * @param path without its query.
 * @param base the path where procedures are called.
 */
export function tokenOf(path: string, base: string, headers: IncomingHttpHeaders): string | undefined {
  if (path.startsWith(base)) {
    const token = TOKEN_PATH.exec(path.slice(base.length))?.[1];
    if (token !== undefined) return token;
  }
  return BEARER.exec(headers.authorization ?? '')?.[1] ?? offeredToken(headers['sec-websocket-protocol']);
}

function offeredToken(subProtocols = ''): string | undefined {
  const offered = subProtocols.split(',').map((one) => one.trim());
  return offered.find((one) => one.startsWith(BEARER_PREFIX))?.slice(BEARER_PREFIX.length);
}
