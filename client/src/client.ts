import { type Connection, createConnection } from './connection.js';
import { KittiwakeError } from './errors.js';
import type { Off } from './listeners.js';
import type { ListenOptions, Options } from './options.js';
import { awaited, DISPOSE } from './platform.js';
import type { Schema } from './schema.js';
import type { State, StateInfo } from './state.js';

declare const schema: unique symbol;

/** A look at a client, for a page or a log that shows it. */
export interface Inspection {
  readonly state: State;
  readonly info: StateInfo;
  readonly rttMs: number | undefined;
  readonly pending: number;
  readonly queued: number;
  readonly reconnects: number;
}

/** One connection to a gateway. It is made when something is used, and let go when nothing is. */
export interface Client<S extends Schema = Schema> extends Disposable {
  readonly [schema]?: S;
  readonly state: State;
  readonly info: StateInfo;
  /** Keeps the connection until `close()`. @throws KittiwakeError only when it is closed first, for a reason. */
  connect(options?: ListenOptions): Promise<void>;
  /** Connects anew at once, whatever the wait. */
  reconnect(): void;
  /** Ends everything: what waits is rejected with `closed`. */
  close(): void;
  /**
   * Proves who the client is anew, after a login or a logout; on the open connection, where somebody is logged in.
   * @throws KittiwakeError when it is refused. Nothing has changed then.
   */
  reauthenticate(): Promise<void>;
  on(name: 'state', fn: (state: State, info: StateInfo) => void, options?: ListenOptions): Off;
  /** Hears why it was closed, if that was not asked for. */
  on(name: 'error', fn: (error: KittiwakeError) => void, options?: ListenOptions): Off;
  inspect(): Inspection;
}

const connections = new WeakMap<object, Connection>();

/** The connection behind a client. */
export const connectionOf = (client: Client): Connection => connections.get(client)!;

/** Makes a client. Nothing is connected before something is used. */
export function createClient<S extends Schema = Schema>(options: Options): Client<S> {
  const connection = createConnection(options);
  let release: Off | undefined;
  const client: Client<S> = {
    get state() {
      return connection.state;
    },
    get info() {
      return connection.info;
    },
    connect(listenOptions) {
      if (connection.state === 'closed') release = undefined;
      release ??= connection.hold(true);
      const connected = untilLive(connection, listenOptions);
      connected.catch(() => {}); // Whoever does not wait for it hears of it by `error`.
      return connected;
    },
    reconnect() {
      if (connection.link || connection.state === 'waiting') connection.open('asked');
    },
    close() {
      connection.close(new KittiwakeError('closed'));
    },
    reauthenticate: () => connection.identity.again(),
    on: ((name: 'state', fn: () => void, listenOptions?: ListenOptions) =>
      connection.listeners.on(name, fn, listenOptions)) as Client['on'],
    inspect: () => ({
      state: connection.state,
      info: connection.info,
      rttMs: connection.watch.rttMs,
      reconnects: Math.max(0, connection.lives - 1),
      ...connection.requests.counts,
    }),
    [DISPOSE]: () => client.close(),
  };
  connections.set(client, connection);
  return client;
}

/** @throws KittiwakeError when it is closed first, or the reason of the signal. */
export function untilLive(connection: Connection, { signal }: ListenOptions = {}): Promise<void> {
  return awaited<void>(
    (changed) => connection.listeners.on('state', changed),
    (resolve, reject) => {
      if (connection.state === 'live') resolve();
      else if (connection.state === 'closed') reject(new KittiwakeError('closed', connection.info.text));
    },
    signal,
  );
}

/** The id of the connection as the gateway knows it, for a publication that is not for oneself. It changes with each connection. */
export async function connectionId(client: Client): Promise<string> {
  const connection = connectionOf(client);
  const release = connection.hold();
  try {
    await untilLive(connection);
    return String(connection.link!.hello!['connection_id']);
  } finally {
    release();
  }
}
