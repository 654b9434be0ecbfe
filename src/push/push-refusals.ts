import type { HttpReply } from '../endpoints/replies.js';
import type { RefusalMade } from '../metrics/refusals.js';
import { BY_GATEWAY } from '../protocol/verdict.js';

/** The kinds of refused pushes in logs and metrics, by HTTP status. */
export const PUSH_REFUSALS: Readonly<Record<number, string>> = {
  400: 'push_malformed',
  401: 'push_key_required',
  403: 'push_forbidden',
  413: 'push_too_large',
  429: 'push_too_many',
  503: 'push_unavailable',
};

/** Reads the refusal for logs and metrics from an answer; `undefined` if it refuses nothing. */
export function pushRefusal({ status, body }: HttpReply): RefusalMade | undefined {
  const kind = PUSH_REFUSALS[status];
  if (kind === undefined) return undefined;
  const { error = '' } = Object(body) as { readonly error?: string };
  return { kind, what: 'a push', why: error, by: BY_GATEWAY };
}
