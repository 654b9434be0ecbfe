import { Logger } from '@nestjs/common';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { LogLine } from '../../metrics/log-line.js';
import { CLOSE_REASONS } from '../../protocol/close-reason.js';
import { ClientError } from '../../protocol/errors.js';
import type { Encoding } from '../outflow/sink.js';
import type { Carried, Transport } from '../transport.js';
import { discardAfter } from './discard.js';

const logger = new Logger('Connections');
const PING_FRAME = Buffer.from([0x89, 0x00]);

/** A socket that knows its connection. */
interface CarryingSocket extends Duplex {
  connection?: Carried;
}

/** An error of `ws`, which names its kind. */
type WebSocketError = Error & { readonly code?: string };

/** A WebSocket: `ws` makes it, reads the socket and closes it. Frames are written past `ws`: they are made for many. */
export class WebSocketTransport extends WebSocket implements Transport {
  /** See {@link Sink.encoding}. */
  encoding: Encoding | undefined;
  private connection!: Carried;
  private socket!: Duplex;

  /** Begins to carry a connection, over the socket of the handshake. */
  carry(connection: Carried, socket: Duplex, encoding: Encoding | undefined): void {
    this.connection = connection;
    this.socket = socket;
    this.encoding = encoding;
    (socket as CarryingSocket).connection = connection;
    socket.on('end', onEnd);
  }

  /** Takes what `ws` tells without listeners: those that each WebSocket would have take 100 bytes. */
  override emit(event: string | symbol, first?: unknown, second?: unknown): boolean {
    if (event === 'message') this.connection.received(first as Buffer);
    else if (event === 'pong') this.connection.ponged();
    else if (event === 'close') this.connection.closed();
    else if (event === 'error') this.failed(first as WebSocketError);
    else return super.emit(event, first, second);
    return true;
  }

  /** See {@link Transport.kind}. */
  get kind(): 'websocket' {
    return 'websocket';
  }

  /** See {@link Transport.pingFrame}. */
  get pingFrame(): Buffer {
    return PING_FRAME;
  }

  /** See {@link Transport.remoteAddress}. */
  get remoteAddress(): string | undefined {
    return (this.socket as Duplex & { readonly remoteAddress?: string }).remoteAddress;
  }

  /** See {@link Transport.hasSaidGoodbye}. */
  get hasSaidGoodbye(): boolean {
    return (this as unknown as { readonly _closeFrameReceived: boolean })._closeFrameReceived;
  }

  /** See {@link Sink.bufferedBytes}. */
  get bufferedBytes(): number {
    return this.socket.writableLength;
  }

  /** See {@link Sink.isFull}. */
  get isFull(): boolean {
    return this.socket.writableNeedDrain;
  }

  /** See {@link Sink.write}. */
  write(frames: Buffer): boolean {
    if (this.readyState !== WebSocket.OPEN) return false;
    this.socket.write(frames);
    return this.socket.writableLength > 0;
  }

  /** See {@link Sink.onceDrained}. */
  onceDrained(listener: () => void): void {
    this.socket.once('drain', listener);
  }

  /** See {@link Sink.offDrained}. */
  offDrained(listener: () => void): void {
    this.socket.off('drain', listener);
  }

  /** The one way to close, for the gateway, the client, and what breaks the protocol. */
  override close(code?: number, data?: string | Buffer): void {
    if (this.readyState === WebSocket.OPEN) discardAfter(this.socket, () => this.pause());
    super.close(code, data);
  }

  /** The WebSocket closes by itself, with the code that says what was wrong. */
  private failed({ message, code }: WebSocketError): void {
    const { connection } = this;
    logger.debug(new LogLine(connection, () => `a client broke the WebSocket protocol: ${message}`));
    const isTooBig = code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
    if (!isTooBig) connection.refused('a frame', 'protocol_violated', new ClientError('', message));
    connection.broken(isTooBig ? CLOSE_REASONS.tooManyBytes : undefined);
  }
}

/** The client will send nothing more. One that does not read either would have what waits for it kept for long. */
function onEnd(this: CarryingSocket): void {
  this.connection?.broken();
}
