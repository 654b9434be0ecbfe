import { Writable } from 'node:stream';
import { monotonicMs } from '../base/monotonic-ms.js';
import { CLOSE_REASONS, type CloseReason } from '../protocol/close-reason.js';
import type { ConnectionHost } from './connection-host.js';
import { Connection } from './connection.js';
import type { ConnectionSettings } from './connection.settings.js';
import { Endpoint, type Gateway } from './endpoint/endpoint.js';
import { LoopShare } from './inbox/loop-share.js';
import { Outbox } from './outflow/outbox.js';
import type { Missable } from './outflow/overflow.js';
import type { Transport } from './transport.js';

const PING = 'ping'; // as it is taken, too
const PING_INTERVAL_MS = 1000;
const settings = {
  maxOutboxBytes: 400_000,
  pingIntervalMs: PING_INTERVAL_MS,
  pingTimeoutMs: PING_INTERVAL_MS,
  admissionDeadlineMs: 0,
  idleMs: 0,
} as ConnectionSettings;

/** A transport that takes nothing until it is told to; frames are one letter, repeated. */
class StalledTransport implements Transport {
  readonly kind = 'websocket';
  readonly protocol = 'kittiwake.v1.json';
  readonly hasSaidGoodbye = false;
  readonly remoteAddress = undefined;
  readonly encoding = undefined;
  readonly pingFrame = Buffer.from(PING);
  readonly isPaused = false;
  taken = '';
  closedWith: number | undefined;
  private proceed: (() => void) | undefined;
  private readonly stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      this.taken += chunk.toString('latin1').replaceAll(/(.)\1*/gs, '$1');
      this.proceed = done;
    },
  });

  get bufferedBytes(): number {
    return this.stream.writableLength;
  }

  get isFull(): boolean {
    return this.stream.writableNeedDrain;
  }

  write(frames: Buffer): boolean {
    this.stream.write(frames);
    return this.bufferedBytes > 0;
  }

  onceDrained(listener: () => void): void {
    this.stream.once('drain', listener);
  }

  offDrained(listener: () => void): void {
    this.stream.off('drain', listener);
  }

  pause(): void {
    // the client sends nothing
  }

  resume(): void {
    // the client sends nothing
  }

  close(code: number): void {
    this.closedWith = code;
  }

  terminate(): void {
    // nothing is left to end
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

describe('a connection whose client does not read', () => {
  let transport: StalledTransport;
  let connection: Connection;
  let misses: number;
  let ends: (CloseReason | undefined)[];

  const missable: Missable = { added: () => undefined, dropped: () => misses++, takeReport: () => undefined };
  const sendLater = (letter: string, key?: string): void =>
    connection.sendLater(frame(letter), missable, key);

  beforeEach(async () => {
    misses = 0;
    ends = [];
    transport = new StalledTransport();
    const host = {
      settings,
      outbox: new Outbox(),
      share: new LoopShare(),
      gone: () => undefined,
      ended: (_: Connection, reason: CloseReason | undefined) => ends.push(reason),
      opened: () => undefined,
    };
    connection = new Connection(
      transport,
      new Endpoint('/', [], gateway),
      host as unknown as ConnectionHost<Connection>,
      undefined,
    );
    for (const letter of 'AB') connection.send(frame(letter));
    await turn();
  });

  it('is behind when more than 64 KiB wait, and not when they have gone', async () => {
    expect(connection.isBehind).toBe(true);
    await transport.takeAll();
    expect(connection.isBehind).toBe(false);
  });

  it('sends everything in order, however it was sent', async () => {
    connection.send(frame('C'));
    sendLater('D');
    connection.send(frame('E'));
    sendLater('F');
    expect(await transport.takeAll()).toBe('ABCDEF');
    connection.send(frame('G'));
    await turn();
    expect(await transport.takeAll()).toBe('ABCDEFG');
  });

  it('drops the oldest of what may be missed above the limit', async () => {
    for (const letter of 'CDEFGHIJKL') sendLater(letter);
    expect(misses).toBe(4);
    expect(await transport.takeAll()).toBe('ABGHIJKL');
    expect(ends).toEqual([]);
  });

  it('is closed above the limit when nothing may be missed', async () => {
    sendLater('C', 'key');
    for (const letter of 'DEFGHIJ') connection.send(frame(letter));
    expect([transport.closedWith, ends]).toEqual([1013, [CLOSE_REASONS.slowConsumer]]);
    sendLater('K');
    expect(await transport.takeAll()).toBe('AB');
  });

  // 50 slow clients held 214 MB for half a minute after they had been closed: what a socket has cannot be taken back.
  it('keeps what waits out of the socket, and forgets it at the close', async () => {
    for (const letter of 'CDEFGHIJ') {
      connection.send(frame(letter));
      await turn();
    }
    expect(transport.closedWith).toBe(1013);
    expect(transport.bufferedBytes).toBeLessThanOrEqual(100_000);
    expect(await transport.takeAll()).toBe('AB');
  });

  it('forgets what waits when it is closed for a flood', async () => {
    connection.send(frame('C'));
    await turn();
    connection.close(CLOSE_REASONS.tooManyEvents);
    expect([transport.closedWith, await transport.takeAll()]).toEqual([4429, 'AB']);
  });

  it('has whoever has much to send wait for what waits here, too', async () => {
    connection.send(frame('C'));
    await turn();
    let isSettled = false;
    void connection.backlog?.then(() => (isSettled = true));
    expect(isSettled).toBe(false);
    expect(await transport.takeAll()).toBe('ABC');
    expect([isSettled, connection.backlog]).toEqual([true, undefined]);
  });

  // The wheel has the pulse for up to 15 s more: of 1,000 clients that broke the protocol, 5 MB stayed for so long.
  it('is not kept by its pulse once its transport is gone', () => {
    connection.close(CLOSE_REASONS.tooManyEvents);
    expect(Object.values(connection.pulse)).toContain(connection);
    connection.closed();
    for (const one of [connection, transport]) expect(Object.values(connection.pulse)).not.toContain(one);
  });

  it('pings before what waits, so that the client can show that it lives', async () => {
    sendLater('C');
    connection.pulse.sweep(monotonicMs() + PING_INTERVAL_MS);
    await turn();
    expect(await transport.takeAll()).toBe(`AB${PING}C`);
  });

  it('sends what waits before a close for another reason', async () => {
    sendLater('C');
    connection.close(CLOSE_REASONS.reconnect);
    expect([transport.closedWith, await transport.takeAll()]).toEqual([1012, 'ABC']);
  });

  it('keeps nothing once it has ended', async () => {
    sendLater('C');
    connection.closed();
    expect(await transport.takeAll()).toBe('AB');
    expect(connection.isBehind).toBe(false);
  });
});
