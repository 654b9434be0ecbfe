import { type Client, connectionOf, untilLive } from '../client.js';
import type { Connection } from '../connection.js';
import { KittiwakeError } from '../errors.js';
import type { Frame } from '../frame.js';
import type { SendOptions } from '../options.js';
import { onAbort, platform } from '../platform.js';
import { createReader } from '../reader.js';
import type { Reply } from '../requests.js';
import type { Item, Schema, StreamName } from '../schema.js';
import { type KeptStream, leaving, type Resumable, type StreamOptions } from './stream.js';

/** The part of `sessionStorage` in use. */
export interface KeptStorage {
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
  removeItem(key: string): void;
}

/** The known marks of a call. */
interface Known {
  /** The key of its start, so that asking again starts nothing. */
  key?: string | undefined;
  call?: string | undefined;
  position?: string | undefined;
}

/** The store of these for a page that is loaded again. */
interface Place {
  read(): Known;
  write(known: Known): void;
  forget(known: Known): void;
}

/**
 * Has a stream go on over lost connections: what it missed comes first, once and in order.
 * @param name with one it goes on after a reload, too, and gives all results again, for a page that has lost them. What is kept is
 * the id of the call, until its end.
 * @param storage where; one that is blocked only means that a reload starts anew. Default: `sessionStorage`, for one tab.
 */
export function kept(
  name?: string,
  storage: () => KeptStorage | undefined = () => platform.sessionStorage,
): Resumable {
  const key = `kittiwake:${name}`;
  const use = <T>(task: (storage: KeptStorage | undefined) => T): T | undefined => {
    try {
      return name === undefined ? undefined : task(storage());
    } catch {
      return undefined; // Some pages may not even ask for their storage.
    }
  };
  const place: Place = {
    read() {
      const [start, call] = use((texts) => texts?.getItem(key)?.split(' ')) ?? [];
      return { key: start || newKey(), call };
    },
    write(known) {
      use((texts) => texts?.setItem(key, [known.key, known.call].join(' ').trim()));
    },
    forget: ({ key: start = '' }) => {
      use((texts) => {
        // By now the name may be that of another call.
        if (texts?.getItem(key)?.startsWith(start)) texts.removeItem(key);
      });
    },
  };
  return (connection, start, options) => follow(connection, start, options, place);
}

/**
 * Reads a call that was begun elsewhere, or before: by another tab, device or user, as far as they may.
 * @param of without a position, everything comes.
 * @throws KittiwakeError from the loop: `call_not_found`, or `position_lost`.
 */
export function watchCall<S extends Schema, const N extends StreamName<S>>(
  client: Client<S>,
  _procedure: N,
  of: { readonly call: string; readonly position?: string | undefined },
  options: StreamOptions = {},
): KeptStream<Item<S, N>> {
  const place: Place = { read: () => ({ ...of }), write: () => {}, forget: () => {} };
  return follow(connectionOf(client), {}, options, place) as KeptStream<Item<S, N>>;
}

/** 128 bits that nobody guesses; without such chance a start is not repeated. */
function newKey(): string | undefined {
  const bytes = platform.crypto?.getRandomValues(new Uint8Array(16));
  return bytes && Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function follow(
  connection: Connection,
  start: Frame,
  { signal, buffer = 1024, timeoutMs = connection.timeoutMs, wait = true }: StreamOptions,
  place: Place,
): KeptStream<unknown> {
  const { clock, requests } = connection;
  const leave = new platform.AbortController();
  let isLeft = false;
  let isCancelled = false;
  let known: Known = {};
  /** Until the id is told, or nobody reads. */
  let told: Promise<void> | undefined;
  let tell = (): void => {};

  async function* read(): AsyncGenerator<unknown, void, undefined> {
    if (isCancelled) throw new KittiwakeError('call_cancelled');
    const untilMs = clock.now() + timeoutMs;
    const release = connection.hold();
    const forget = onAbort(signal, () => leave.abort(signal!.reason));
    told = new Promise((resolve) => (tell = resolve));
    known = place.read();
    if (!known.call) place.write(known);
    try {
      let isOn = true;
      while (isOn) {
        if (known.call) await untilLive(connection, { signal: leave.signal });
        isOn = yield* visit(known.call || !timeoutMs ? 0 : Math.max(1, untilMs - clock.now()));
      }
    } catch (error) {
      if (!isLeft) throw error;
    } finally {
      tell();
      forget();
      release();
    }
  }

  /** Reads what one connection has of it. @returns whether there is more. */
  async function* visit(waitMs: number): AsyncGenerator<unknown, boolean, undefined> {
    const { key, call, position } = known;
    const gone = new platform.AbortController();
    let isTold = false;
    const reader = createReader<Reply>({ signal: leave.signal, buffer }, () => gone.abort());
    const heard = (reply: Reply): void => {
      if (!isTold) {
        isTold = true;
        known.call = (reply.call as string | undefined) ?? call;
        if (!call) place.write(known);
        tell();
      }
      if ('data' in reply || !reply.more) reader.push(reply);
    };
    requests
      .ask(
        call ? { event: 'call', call, position } : { ...start, idempotency_key: key },
        { timeoutMs: waitMs, signal: gone.signal, wait: call ? true : wait },
        // As somebody else it would not be the same call.
        { isCall: true, more: heard, isReady: () => !connection.link?.isProving },
      )
      .then(heard)
      .then(() => reader.end(), reader.end);
    try {
      for await (const reply of reader) {
        known.position = reply.position as string;
        if ('data' in reply) yield reply.data;
      }
    } catch (error) {
      const { code, sent } = error instanceof KittiwakeError ? error : new KittiwakeError('');
      // One who reads too slowly comes back for what is kept.
      if (code === 'reader_too_slow' || (code === 'connection_lost' && (known.call || key))) return true;
      // What the gateway says after the first reply ends the call; before, it may be that it does not say now.
      if (sent && code !== 'timeout' && (isTold || !call || LOST.includes(code))) place.forget(known);
      throw error;
    }
    place.forget(known);
    return false;
  }

  const items = leaving(read(), () => {
    isLeft = true;
    leave.abort();
  });
  return Object.defineProperties(items, {
    call: { get: () => known.call },
    position: { get: () => known.position },
    cancel: {
      async value(options?: SendOptions): Promise<void> {
        isCancelled = true;
        await told;
        const { call } = known;
        place.forget(known);
        if (call) await requests.ask({ event: 'cancel', call }, { retry: true, ...options });
      },
    },
  }) as KeptStream<unknown>;
}

/** Of these there is nothing to come back to. */
const LOST: readonly string[] = ['call_not_found', 'position_lost'];
