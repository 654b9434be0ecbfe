import type { IncomingHttpHeaders } from 'node:http';
import { BEARER_PREFIX } from '../protocol/sub-protocol.js';

/** The end of a path that has a token, after the path of the endpoint: `/token/<token>`. */
export const TOKEN_PATH = /^\/token\/([\w.-]+)$/;

const BEARER = /^Bearer +([\w.-]+) *$/i;

/**
 * Reads the token of a handshake: the first one found in the path, in `Authorization: Bearer …` or in a sub-protocol
 * `kittiwake.bearer.…`.
 * @param path without its query.
 * @param base the path of the endpoint.
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
