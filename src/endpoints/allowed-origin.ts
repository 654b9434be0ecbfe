import type { IncomingMessage, ServerResponse } from 'node:http';
import { isOriginAllowed } from '../connection/upgrade/origin.js';

const MAX_AGE_S = 600;

/**
 * Lets pages of the origins that may connect read the answer; of no others. (CORS, https://fetch.spec.whatwg.org)
 * @returns whether the request only asked for that, and has been answered.
 */
export function allowOrigin(
  origins: readonly string[],
  { method, headers }: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return false;
  response.setHeader('Vary', 'Origin');
  if (!isOriginAllowed(origin, host, origins)) return false;
  response.setHeader('Access-Control-Allow-Origin', origin);
  const { 'access-control-request-method': asked, 'access-control-request-headers': names } = headers;
  if (method !== 'OPTIONS' || asked === undefined) return false;
  response.writeHead(204, {
    'Access-Control-Allow-Methods': 'GET, POST',
    ...(names !== undefined && { 'Access-Control-Allow-Headers': names }),
    'Access-Control-Max-Age': `${MAX_AGE_S}`,
  });
  response.end();
  return true;
}
