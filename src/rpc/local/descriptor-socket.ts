import { close } from 'node:fs';
import { Duplex } from 'node:stream';
import { ProcedureError } from '../../procedures/procedure-errors.js';
import type { DescriptorChannel } from '../descriptors/channel.js';
import type { LineConnection } from './line-socket.js';
import { keepWhileClosing, type USocket } from './usocket.js';

/** A connection of `usocket` that behaves like a socket of Node: `end` waits until everything has been written. */
export class DescriptorSocket extends Duplex implements LineConnection, DescriptorChannel {
  readonly remoteAddress = undefined;
  readonly remotePort = undefined;
  private sentBytes = 0;
  private readonly native: unknown;
  private readonly received: number[] = [];
  private isOverfull = false;
  private outgoing: readonly number[] | undefined;

  constructor(
    private readonly socket: USocket,
    readonly max: number,
  ) {
    super({ allowHalfOpen: true });
    this.native = socket._wrap;
    socket.on('fds', (fds: readonly number[]) => this.receive(fds));
    socket.on('data', (bytes: Buffer) => {
      if (!this.push(bytes)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.destroy());
  }

  /** Bytes written, those still buffered included, as with sockets of Node. */
  get bytesWritten(): number {
    return this.sentBytes + this.writableLength;
  }

  get descriptors(): DescriptorChannel {
    return this;
  }

  next(): number | undefined {
    if (this.isOverfull) throw new ProcedureError(`Too many file descriptors, at most ${this.max}`);
    return this.received.shift();
  }

  attach(fds: readonly number[]): void {
    this.outgoing = fds;
  }

  override _read(): void {
    this.socket.resume();
  }

  /** Sends bytes and descriptors. An empty write probes the peer: sending a descriptor alone fails if it is gone. */
  override _write(bytes: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const isProbe = bytes.length === 0;
    const fds = isProbe ? [this.socket.fd] : this.outgoing;
    if (!isProbe) this.outgoing = undefined;
    this.socket.write({ ...(!isProbe && { data: bytes }), ...(fds && { fds }) }, null, (error) => {
      if (!error) this.sentBytes += bytes.length;
      callback(error);
    });
  }

  /** Called when everything has been written: `usocket` would cut off the rest. */
  override _final(callback: () => void): void {
    this.socket.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.closeReceived();
    keepWhileClosing(this.native);
    this.socket.destroy();
    callback(error);
  }

  private receive(fds: readonly number[]): void {
    this.received.push(...fds);
    if (this.received.length > this.max) this.isOverfull = true;
    if (this.isOverfull || this.destroyed) this.closeReceived();
  }

  private closeReceived(): void {
    for (const fd of this.received.splice(0)) close(fd, () => undefined); // nobody else closes it
  }
}
