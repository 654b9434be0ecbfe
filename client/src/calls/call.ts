import { type Client, connectionOf } from '../client.js';
import type { SendOptions } from '../options.js';
import type { CallName, Params, Result, Schema } from '../schema.js';

/** The parameters may be left out where there are none. */
export type CallArguments<S, N, O> =
  [] extends Params<S, N> ? [params?: Params<S, N>, options?: O] : [params: Params<S, N>, options?: O];

/**
 * Calls a procedure. Without a connection it waits for one within its time; a call whose signal is aborted, or whose time
 * is up, is cancelled at the gateway.
 * @param params a list, or an object of named ones.
 * @throws KittiwakeError: `sent` says whether it may have been done. It is never repeated unless `retry` says so.
 */
export async function call<S extends Schema, const N extends CallName<S>>(
  client: Client<S>,
  procedure: N,
  ...[params, options]: CallArguments<S, N, SendOptions>
): Promise<Result<S, N>> {
  const { requests } = connectionOf(client);
  const reply = await requests.ask({ event: 'call', procedure, params }, options, { isCall: true });
  return reply.data as Result<S, N>;
}
