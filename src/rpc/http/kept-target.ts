import type { IncomingMessage } from 'node:http';
import type { RpcTarget } from './target.js';

/** The name below which kept calls have their paths: `/rpc/calls/<id>`. A procedure of this name goes first. */
export const KEPT_CALLS = 'calls';

/** A kept call that a request is for. */
export interface KeptTarget {
  readonly id: string;
  /** The last that the client has got; absent: it wants all. */
  readonly position: string | undefined;
  /** Whether the call is to end, not to be watched. */
  readonly isCancel: boolean;
}

/** The kept call that a request is for, if it is for one. Where an `EventSource` comes back, its header counts. */
export function keptTargetOf(
  { method, headers }: IncomingMessage,
  { path, name }: RpcTarget,
): KeptTarget | undefined {
  const isCancel = method === 'DELETE';
  if (name !== KEPT_CALLS || !(isCancel || method === 'GET')) return undefined;
  const [place = '', query] = path.split('?', 2);
  const [, , id, ...rest] = place.split('/');
  if (id === undefined || id === '' || rest.length > 0) return undefined;
  const last = headers['last-event-id'];
  const known = typeof last === 'string' && last !== '' ? last : undefined;
  return { id, position: known ?? new URLSearchParams(query).get('position') ?? undefined, isCancel };
}
