import type { Duplex } from 'node:stream';

/** A listener on a Unix socket, which passes on each connection by {@link UnixListenerEvents}. */
export interface UnixListener {
  /** Resolves when it listens. @throws when it cannot listen at this path. */
  listen(path: string): Promise<void>;
  /** Stops listening; open connections stay. */
  close(): void;
}

/** The events of a listener. */
export interface UnixListenerEvents<Connection extends Duplex> {
  readonly connected: (connection: Connection) => void;
  /** Accepting a connection failed; it still listens. */
  readonly failed: (error: Error) => void;
  /** Accepting a connection failed, and it listens no more: the receiver opens another. */
  readonly lost: (error: Error) => void;
}
