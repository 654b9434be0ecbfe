import { close } from 'node:fs';
import { ProcedureError } from './procedure-errors.js';

/** The family, type and protocol of a socket, in the numbers of socket(2). */
export interface SocketKind {
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
}

/**
 * An open file or socket that a caller has passed over the Unix socket, or that a procedure returns. It is closed when
 * the call is over or its result is sent, unless {@link take} has taken it over.
 */
export class Descriptor {
  private number: number | undefined;

  /** @param kind the mode that a file is open in (`r`, `rb+`, ...), or the kind of the socket. */
  constructor(
    fd: number,
    readonly kind: string | SocketKind = 'r',
  ) {
    this.number = fd;
  }

  /** The file descriptor in this process. @throws when it has been closed or taken. */
  get fd(): number {
    if (this.number === undefined) throw new Error('the file descriptor is closed');
    return this.number;
  }

  /** Hands over the file descriptor, which the caller has to close. @throws when it has been closed or taken. */
  take(): number {
    const { fd } = this;
    this.number = undefined;
    return fd;
  }

  /** Closes it, unless it has been closed or taken. */
  close(): void {
    if (this.number === undefined) return;
    close(this.take(), () => undefined); // EBADF: the app has closed it already
  }

  /** Closes it, for it cannot be passed where a result is plain JSON. @throws {ProcedureError} always. */
  toJSON(): never {
    this.close();
    throw new ProcedureError('Cannot send file descriptors over TCP');
  }
}
