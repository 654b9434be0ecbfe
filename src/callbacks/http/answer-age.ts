import { headerValue, type ResponseHeaders } from '../retry-wait.js';

const FORBIDS = /(?:^|[\s,])(?:no-store|no-cache|private)(?=$|[\s,=;])/i;
const MAX_AGE = /(?:^|[\s,])max-age="?(\d{1,10})(?=$|[\s,";])/i;

/** The time for which an answer may be reused, by its `Cache-Control` (RFC 9111), in milliseconds; 0: not at all. */
export function maxAgeMsOf(headers: ResponseHeaders): number {
  const control = headerValue(headers, 'cache-control') ?? '';
  return FORBIDS.test(control) ? 0 : Number(MAX_AGE.exec(control)?.[1] ?? 0) * 1000;
}
