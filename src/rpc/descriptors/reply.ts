import { createWriteStream, fstatSync } from 'node:fs';
import { type IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Duplex, type Writable } from 'node:stream';
import { LineAnswer } from '../line-answer.js';
import type { ReplyTarget } from './passed.js';

const END_OF_HEAD = '\n\n';

/**
 * Makes a response that is written to a descriptor. It is closed here, but not shut down: another process may hold it
 * open and still write to it.
 * @throws when it cannot be written to.
 */
export function replyTo(target: ReplyTarget, request: IncomingMessage): ServerResponse {
  const connection = new DescriptorReply(writableOf(target), target.isBegun);
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(connection as unknown as Socket);
  response.once('finish', () => connection.end());
  return response;
}

/** Writes to a pipe as to a socket: as a file, one that nobody reads would block a thread. */
function writableOf({ descriptor }: ReplyTarget): Writable {
  const status = fstatSync(descriptor.fd);
  if (!status.isSocket() && !status.isFIFO()) return createWriteStream('', { fd: descriptor.take() });
  const socket = new Socket({ fd: descriptor.fd, readable: false, writable: true });
  descriptor.take();
  return socket;
}

/** The connection of a response to a descriptor, with heads in bare line feeds, as Kettlingar writes them. */
class DescriptorReply extends Duplex {
  bytesWritten = 0;
  private readonly answer = new LineAnswer();

  constructor(
    private readonly target: Writable,
    private isHeadless: boolean,
  ) {
    super();
    target.on('error', () => this.destroy());
  }

  override _read(): void {
    // write-only
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    const piece = this.withoutHead(this.answer.translate(bytes));
    this.bytesWritten += piece.length;
    if (piece.length === 0) callback();
    else this.target.write(piece, () => callback());
  }

  override _final(callback: () => void): void {
    callback();
    this.destroy();
  }

  override _destroy(_error: Error | null, callback: (error: null) => void): void {
    this.target.destroy();
    callback(null);
  }

  /** Cuts off the head, which comes whole in the first piece. */
  private withoutHead(piece: Buffer): Buffer {
    if (!this.isHeadless || piece.length === 0) return piece;
    this.isHeadless = false;
    return piece.subarray(piece.indexOf(END_OF_HEAD) + END_OF_HEAD.length);
  }
}
