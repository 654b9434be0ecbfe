import { Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Carried } from '../transport.js';
import { WebSocketTransport } from './web-socket.transport.js';

const FRAME = Buffer.from('8103616263', 'hex');
/** As a client sends them: with a mask, of zeros. */
const CLIENTS = {
  text: Buffer.from('818300000000616263', 'hex'),
  pong: Buffer.from('8a8000000000', 'hex'),
  close: Buffer.from('88820000000003e8', 'hex'),
  broken: Buffer.from('ffff', 'hex'),
};

/** The socket of a handshake; what is written to it waits until it is taken. */
class HandshakeSocket extends Duplex {
  readonly remoteAddress = '192.0.2.1';
  taken = '';
  private proceed: (() => void) | undefined;

  override _read(): void {
    // the test pushes
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.taken += chunk.toString('hex');
    this.proceed = done;
  }

  /** All that waits has been sent. */
  drain(): void {
    this.taken = '';
    this.proceed?.();
  }

  setTimeout(): void {
    // nobody waits
  }

  setNoDelay(): void {
    // nothing is sent
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a WebSocket as a transport', () => {
  let socket: HandshakeSocket;
  let transport: WebSocketTransport;
  let told: string[];

  beforeAll(() => Logger.overrideLogger(false));

  beforeEach(async () => {
    const ofThis: string[] = [];
    told = ofThis; // the end of the one before may come yet
    const connection: Carried = {
      received: (frame) => ofThis.push(`received ${frame.toString()}`),
      count: () => undefined,
      ponged: () => ofThis.push('ponged'),
      refused: (what, kind) => ofThis.push(`refused ${what}: ${kind}`),
      broken: (reason) => ofThis.push(`broken ${reason?.name ?? ''}`.trim()),
      closed: () => ofThis.push('closed'),
    };
    socket = new HandshakeSocket();
    transport = handshake(socket);
    transport.carry(connection, socket, undefined);
    socket.drain();
    await turn();
  });

  afterEach(() => transport.terminate());

  it('knows its peer, and writes frames as they are', () => {
    expect(transport.remoteAddress).toBe('192.0.2.1');
    expect(transport.write(FRAME)).toBe(true);
    expect(socket.taken).toBe(FRAME.toString('hex'));
    expect(transport.bufferedBytes).toBe(FRAME.length);
  });

  it('is full when much waits, and tells when it has drained', async () => {
    transport.write(Buffer.alloc(socket.writableHighWaterMark));
    expect(transport.isFull).toBe(true);
    let drained = 0;
    const forgotten = (): void => void drained++;
    transport.onceDrained(() => drained++);
    transport.onceDrained(forgotten);
    transport.offDrained(forgotten);
    socket.drain();
    await turn();
    expect([drained, transport.isFull, transport.bufferedBytes]).toEqual([1, false, 0]);
  });

  it('tells what the client sends, and when it ends', async () => {
    socket.push(CLIENTS.text);
    socket.push(CLIENTS.pong);
    await turn();
    expect(told).toEqual(['received abc', 'ponged']);
    socket.push(null);
    await turn();
    expect(told).toEqual(['received abc', 'ponged', 'broken', 'closed']);
  });

  it('tells what breaks the protocol', async () => {
    socket.push(CLIENTS.broken);
    await turn();
    expect(told).toEqual(['refused a frame: protocol_violated', 'broken']);
  });

  it('sends nothing once the client has begun to close', async () => {
    socket.push(CLIENTS.close);
    await turn();
    socket.drain();
    expect(transport.write(FRAME)).toBe(false);
    expect(socket.taken).not.toContain(FRAME.toString('hex'));
  });

  it('reads no more than may have been under way when it closes', async () => {
    transport.close(1000);
    for (let i = 0; i < 20; i++) socket.push(Buffer.alloc(8192));
    await turn();
    expect(transport.isPaused).toBe(true);
  });

  it('ends at once when it is told to', async () => {
    transport.write(FRAME);
    transport.terminate();
    await turn();
    expect([socket.destroyed, told]).toEqual([true, ['closed']]);
  });
});

/** The WebSocket that a server makes of a handshake. */
function handshake(socket: Duplex): WebSocketTransport {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    WebSocket: WebSocketTransport,
  });
  const headers = {
    upgrade: 'websocket',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
  };
  let made: WebSocketTransport | undefined;
  const request = { method: 'GET', url: '/', headers } as unknown as IncomingMessage;
  server.handleUpgrade(request, socket, Buffer.alloc(0), (webSocket) => {
    made = webSocket;
  });
  return made!;
}
