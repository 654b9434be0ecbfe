import { close } from 'node:fs';
import { ProcedureError } from './procedure-errors.js';

/** What a socket is, in the numbers of socket(2). */
export interface SocketKind {
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
}

/**
 * An open file or socket: one that a caller has passed over the Unix socket, or one that a procedure returns. It is closed
 * when the call is over, or its result sent, unless {@link take} has taken it out.
 */
export class Descriptor {
  private number: number | undefined;

  /** @param kind how a file is open (`r`, `rb+`, ...), or what the socket is. */
  constructor(
    fd: number,
    readonly kind: string | SocketKind = 'r',
  ) {
    this.number = fd;
  }

  /** The number of it in this process. @throws when it has been closed or taken. */
  get fd(): number {
    if (this.number === undefined) throw new Error('the file descriptor is closed');
    return this.number;
  }

  /** The number, which the caller closes from here on. @throws when it has been closed or taken. */
  take(): number {
    const { fd } = this;
    this.number = undefined;
    return fd;
  }

  /** Closes it, unless that has been done or somebody has taken it. */
  close(): void {
    if (this.number === undefined) return;
    close(this.take(), () => undefined); // one that the app has closed itself is closed
  }

  /** Where it cannot be passed, it is not left open. @throws {ProcedureError} always. */
  toJSON(): never {
    this.close();
    throw new ProcedureError('Cannot send file descriptors over TCP');
  }
}
