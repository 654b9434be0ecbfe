import { CallbackError } from '../protocol/errors.js';
import type { JsonText } from '../protocol/json.js';
import { parseCallbackUrl, type CallbackUrl } from './callback-url.js';

/** What is sent to the app. */
export interface Post {
  readonly url: CallbackUrl;
  /** By lower-case name; for the origin of the URL only. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonText;
}

/**
 * What is sent for a call. A header `Authorization` goes before user and password of the URL.
 * @throws {CallbackError} when the URL is not one of a server.
 */
export function postOf(text: string, body: JsonText, headers: Readonly<Record<string, string>> = {}): Post {
  const url = parseCallbackUrl(text);
  if (!url)
    throw new CallbackError('the URL of a callback must begin with http://, https:// or http+unix://');
  const named = new Map(url.authorization === undefined ? [] : [['authorization', url.authorization]]);
  for (const [name, value] of Object.entries(headers)) named.set(name.toLowerCase(), value);
  return { url, headers: Object.fromEntries(named), body };
}
