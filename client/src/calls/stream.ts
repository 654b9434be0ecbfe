import { type Client, connectionOf } from '../client.js';
import type { SendOptions } from '../options.js';
import { onAbort, platform } from '../platform.js';
import { createReader } from '../reader.js';
import type { Item, Schema, StreamName } from '../schema.js';
import type { CallArguments } from './call.js';

export interface StreamOptions extends SendOptions {
  /** How many results may wait to be read; beyond, it ends with `reader_too_slow`. Default: 1,024. */
  readonly buffer?: number;
}

/**
 * Calls a procedure that yields, and reads what it yields. It is called when it is first read, and cancelled when the loop
 * is left. The time limit is that of its first result.
 * @throws KittiwakeError from the loop.
 */
export async function* stream<S extends Schema, const N extends StreamName<S>>(
  client: Client<S>,
  procedure: N,
  ...[params, options = {}]: CallArguments<S, N, StreamOptions>
): AsyncGenerator<Item<S, N>, void, undefined> {
  const leave = new platform.AbortController();
  const { signal, buffer = 1024, ...rest } = options;
  const reader = createReader<unknown>({ buffer }, () => leave.abort());
  const forget = onAbort(signal, () => leave.abort(signal!.reason));
  const { requests } = connectionOf(client);
  requests
    .ask(
      { event: 'call', procedure, params },
      { ...rest, signal: leave.signal },
      { isCall: true, more: ({ data }) => reader.push(data) },
    )
    .then((reply) => 'data' in reply && reader.push(reply.data))
    .then(() => reader.end(), reader.end)
    .finally(forget);
  yield* reader as AsyncIterable<Item<S, N>>;
}
