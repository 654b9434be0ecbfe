import { type Client, connectionOf } from '../client.js';
import type { Connection } from '../connection.js';
import type { Frame } from '../frame.js';
import type { SendOptions } from '../options.js';
import { onAbort, platform } from '../platform.js';
import { createReader } from '../reader.js';
import type { Reply } from '../requests.js';
import type { Item, Params, Schema, StreamName } from '../schema.js';
import type { CallArguments } from './call.js';

/** The reader of a kept call, as `kept()` makes it. */
export type Resumable = (connection: Connection, start: Frame, options: StreamOptions) => KeptStream<unknown>;

/** A stream that outlives its connection. Leaving its loop, or aborting its signal, leaves the call alone, which goes on. */
export interface KeptStream<T> extends AsyncGenerator<T, void, undefined> {
  /** The id of the call, as soon as the gateway has told it. */
  readonly call: string | undefined;
  /** That of the last result that was read: `watchCall` goes on after it. */
  readonly position: string | undefined;
  /**
   * Ends the call, for all who watch it; the loop ends with `call_cancelled`.
   * @throws KittiwakeError `call_not_found`: it has ended, or is of somebody else.
   */
  cancel(options?: SendOptions): Promise<void>;
}

export interface StreamOptions extends SendOptions {
  /** Results that may wait to be read; beyond, it ends with `reader_too_slow`. Default: 1,024. */
  readonly buffer?: number;
  /** Of a procedure that keeps its calls: goes on over lost connections, and over reloads. Made by `kept()`. */
  readonly resumable?: Resumable;
}

/** Options of a stream that goes on. */
export type KeptOptions = StreamOptions & { readonly resumable: Resumable };

/**
 * Calls a procedure that yields, and reads what it yields. It is called when it is first read, and cancelled when the loop
 * is left. The time limit is that of its first result. With `resumable` it goes on over lost connections, and leaving the loop
 * cancels nothing.
 * @throws KittiwakeError from the loop.
 */
export function stream<S extends Schema, const N extends StreamName<S>>(
  client: Client<S>,
  procedure: N,
  params: Params<S, N> | undefined,
  options: KeptOptions,
): KeptStream<Item<S, N>>;
export function stream<S extends Schema, const N extends StreamName<S>>(
  client: Client<S>,
  procedure: N,
  ...given: CallArguments<S, N, StreamOptions>
): AsyncGenerator<Item<S, N>, void, undefined>;
export function stream(
  client: Client,
  procedure: string,
  params?: unknown,
  options: StreamOptions = {},
): AsyncGenerator<unknown, void, undefined> {
  const frame = { event: 'call', procedure, params };
  const connection = connectionOf(client);
  return (options.resumable ?? once)(connection, frame, options);
}

/** Reads a stream that lives as long as its connection. */
function once(
  { requests }: Connection,
  frame: Frame,
  { signal, buffer = 1024, ...rest }: StreamOptions,
): AsyncGenerator<unknown, void, undefined> {
  const leave = new platform.AbortController();
  const reader = createReader<unknown>({ buffer }, () => leave.abort());
  async function* read(): AsyncGenerator<unknown, void, undefined> {
    const forget = onAbort(signal, () => leave.abort(signal!.reason));
    // The first reply of a call that is kept has none.
    const heard = (reply: Reply): void => {
      if ('data' in reply) reader.push(reply.data);
    };
    requests
      .ask(frame, { ...rest, signal: leave.signal }, { isCall: true, more: heard })
      .then(heard)
      .then(() => reader.end(), reader.end)
      .finally(forget);
    yield* reader;
  }
  return leaving(read(), () => void reader.return(undefined));
}

/** Has whoever waits for the next one let go at once when the generator is left; by itself that waits for the next one, too. */
export function leaving<T>(
  items: AsyncGenerator<T, void, undefined>,
  leave: () => void,
): AsyncGenerator<T, void, undefined> {
  const end = items.return.bind(items);
  items.return = (value) => {
    leave();
    return end(value);
  };
  return items;
}
