import type { Duplex } from 'node:stream';

/** What takes the connections of a Unix socket, and gives each to whom it was made for. */
export interface UnixListener {
  /** Resolves when connections are taken. @throws when there can be no socket at this path. */
  listen(path: string): Promise<void>;
  /** Takes no further ones; those there are go on. */
  close(): void;
}

/** What becomes of a listener that listens. */
export interface UnixListenerEvents<Connection extends Duplex> {
  readonly connected: (connection: Connection) => void;
  /** A connection could not be accepted. */
  readonly failed: (error: Error) => void;
  /** No further one will be: whoever can listens anew. */
  readonly lost: (error: Error) => void;
}
