import type { CallbackEnd } from './callback-request.js';

/** The headers of a callback about an end: the bodies are those of before there were such headers. */
export function endHeaders(end: CallbackEnd | undefined): Readonly<Record<string, string>> | undefined {
  return end && { 'Idempotency-Key': end.id, 'Kittiwake-Reason': end.reason };
}
