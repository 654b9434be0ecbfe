import { CallbackError } from '../../protocol/errors.js';
import { parseCallbackUrl } from './callback-url.js';
import type { Outgoing } from './exchange.js';

/**
 * Makes a request to the app. A header `Authorization` has precedence over user and password of the URL.
 * @throws {CallbackError} when the URL is not one of a server.
 */
export function outgoing(
  method: Outgoing['method'],
  text: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Outgoing {
  const url = parseCallbackUrl(text);
  if (!url)
    throw new CallbackError('the URL of a callback must begin with http://, https:// or http+unix://');
  const named = new Map(url.authorization === undefined ? [] : [['authorization', url.authorization]]);
  for (const [name, value] of Object.entries(headers)) named.set(name.toLowerCase(), value);
  return {
    method,
    url,
    headers: Object.fromEntries(named),
    isRepeatable: method === 'GET',
    ...(body !== undefined && { body }),
  };
}
