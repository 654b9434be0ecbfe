import { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { monotonicMs } from '../base/monotonic-ms.js';
import { CLOSE_REASONS, type CloseReason } from '../protocol/close-reason.js';
import type { ConnectionSettings } from './connection.settings.js';
import type { ConnectionHost } from './connection-host.js';
import { Connection } from './connection.js';
import { Endpoint, type Gateway } from './endpoint.js';
import { LoopShare } from './loop-share.js';
import { Outbox } from './outflow/outbox.js';
import type { Missable } from './outflow/overflow.js';

const PING_INTERVAL_MS = 1000;
const settings = {
  maxOutboxBytes: 400_000,
  pingIntervalMs: PING_INTERVAL_MS,
  pingTimeoutMs: PING_INTERVAL_MS,
  admissionDeadlineMs: 0,
  idleMs: 0,
} as ConnectionSettings;

/** A socket that takes nothing until it is told to; frames are one letter, repeated. */
class StalledSocket extends Duplex {
  taken = '';
  private proceed: (() => void) | undefined;

  override _read(): void {
    // the client sends nothing
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.taken += chunk.toString('latin1').replaceAll(/(.)\1*/gs, '$1');
    this.proceed = done;
  }

  /** Takes all that it was given, and what that brings. */
  async takeAll(): Promise<string> {
    while (this.proceed) {
      const { proceed } = this;
      this.proceed = undefined;
      proceed();
      await turn();
    }
    return this.taken;
  }
}

/** It hears nothing from a client that only reads. */
const gateway: Gateway = {
  protocol: { decode: () => ({ handler: 'none', payload: undefined }) },
  handleConnection: () => undefined,
  handleDisconnect: () => undefined,
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const frame = (letter: string, length = 50_000): Buffer => Buffer.alloc(length, letter);
const PING = '\x89\0';

describe('a connection whose client does not read', () => {
  let socket: StalledSocket;
  let connection: Connection;
  let webSocket: { readyState: number; closedWith: number | undefined };
  let misses: number;
  let ends: (CloseReason | undefined)[];

  const missable: Missable = { dropped: () => misses++, takeReport: () => undefined };
  const sendLater = (letter: string, key?: string): void =>
    connection.sendLater(frame(letter), missable, key);

  beforeEach(async () => {
    misses = 0;
    ends = [];
    socket = new StalledSocket();
    webSocket = { readyState: WebSocket.OPEN, closedWith: undefined };
    const fake = Object.assign(webSocket, {
      protocol: 'kittiwake.v1.json',
      isPaused: false,
      close: (code: number) => (webSocket.closedWith = code),
    });
    const host = {
      settings,
      outbox: new Outbox(),
      share: new LoopShare(),
      gone: () => undefined,
      ended: (_: Connection, reason: CloseReason | undefined) => ends.push(reason),
    };
    connection = new Connection(
      fake as unknown as WebSocket,
      socket,
      new Endpoint('/', [], gateway),
      host as unknown as ConnectionHost<Connection>,
    );
    for (const letter of 'AB') connection.send(frame(letter));
    await turn();
  });

  it('is behind when more than 64 KiB wait, and not when they have gone', async () => {
    expect(connection.isBehind).toBe(true);
    await socket.takeAll();
    expect(connection.isBehind).toBe(false);
  });

  it('sends everything in order, however it was sent', async () => {
    connection.send(frame('C'));
    sendLater('D');
    connection.send(frame('E'));
    sendLater('F');
    expect(await socket.takeAll()).toBe('ABCDEF');
    connection.send(frame('G'));
    await turn();
    expect(await socket.takeAll()).toBe('ABCDEFG');
  });

  it('drops the oldest of what may be missed above the limit', async () => {
    for (const letter of 'CDEFGHIJKL') sendLater(letter);
    expect(misses).toBe(4);
    expect(await socket.takeAll()).toBe('ABGHIJKL');
    expect(ends).toEqual([]);
  });

  it('is closed above the limit when nothing may be missed', async () => {
    sendLater('C', 'key');
    for (const letter of 'DEFGHIJ') connection.send(frame(letter));
    expect([webSocket.closedWith, ends]).toEqual([1013, [CLOSE_REASONS.slowConsumer]]);
    sendLater('K');
    expect(await socket.takeAll()).toBe('AB');
  });

  // 50 slow clients held 214 MB for half a minute after they had been closed: what a socket has cannot be taken back.
  it('keeps what waits out of the socket, and forgets it at the close', async () => {
    for (const letter of 'CDEFGHIJ') {
      connection.send(frame(letter));
      await turn();
    }
    expect(webSocket.closedWith).toBe(1013);
    expect(socket.writableLength).toBeLessThanOrEqual(100_000);
    expect(await socket.takeAll()).toBe('AB');
  });

  it('forgets what waits when it is closed for a flood', async () => {
    connection.send(frame('C'));
    await turn();
    connection.close(CLOSE_REASONS.tooManyEvents);
    expect([webSocket.closedWith, await socket.takeAll()]).toEqual([4429, 'AB']);
  });

  it('has whoever has much to send wait for what waits here, too', async () => {
    connection.send(frame('C'));
    await turn();
    let isSettled = false;
    void connection.backlog?.then(() => (isSettled = true));
    expect(isSettled).toBe(false);
    expect(await socket.takeAll()).toBe('ABC');
    expect([isSettled, connection.backlog]).toEqual([true, undefined]);
  });

  it('pings before what waits, so that the client can show that it lives', async () => {
    sendLater('C');
    connection.sweep(monotonicMs() + PING_INTERVAL_MS);
    await turn();
    expect(await socket.takeAll()).toBe(`AB${PING}C`);
  });

  it('sends what waits before a close for another reason', async () => {
    sendLater('C');
    connection.close(CLOSE_REASONS.reconnect);
    expect([webSocket.closedWith, await socket.takeAll()]).toEqual([1012, 'ABC']);
  });

  it('sends nothing after the client has begun to close', async () => {
    sendLater('C');
    webSocket.readyState = WebSocket.CLOSING;
    expect(await socket.takeAll()).toBe('AB');
  });

  it('keeps nothing once it has ended', async () => {
    sendLater('C');
    connection.closed();
    expect(await socket.takeAll()).toBe('AB');
    expect(connection.isBehind).toBe(false);
  });
});
