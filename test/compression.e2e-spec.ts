import type { Socket } from 'node:net';
import type { ClientOptions, WebSocket } from 'ws';
import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { KittiwakeOptions } from '../src/config/options.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';
import { eventually } from './support/wait.js';

const ON: KittiwakeOptions = { compression: { enabled: true } };
const DATA = 'kittiwake '.repeat(1000);
const OFFERED: ClientOptions = { perMessageDeflate: { threshold: 0 } };

const stopped = stoppedAfterEach();
let gateway: TestGateway;

async function start(options: KittiwakeOptions = {}): Promise<void> {
  const services = { books: { requireAuthentication: false } };
  gateway = stopped(await TestGateway.start({ services, ...options }));
}

async function subscriber(options: ClientOptions = {}): Promise<TestClient> {
  const client = await TestClient.connect(gateway.url, [], options);
  await client.ask({ event: 'subscribe', subscription: 'books.1' });
  return client;
}

const socketOf = (webSocket: WebSocket): Socket => (webSocket as unknown as { _socket: Socket })._socket;

/** How many bytes a client has read for a publication that it got. */
async function bytesFor(client: TestClient, data: unknown): Promise<number> {
  const before = socketOf(client.webSocket).bytesRead;
  expect((await client.next()).data).toEqual(data);
  return socketOf(client.webSocket).bytesRead - before;
}

/** A frame as a client sends it: masked, with zeros. */
function clientFrame(firstByte: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = firstByte;
  header[1] = 0x80 | 126;
  header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}

describe('compression', () => {
  it('is not agreed on unless it is configured', async () => {
    await start();
    expect((await subscriber(OFFERED)).webSocket.extensions).toBe('');
  });

  it('makes publications shorter for clients that offer it, and leaves others as they are', async () => {
    await start(ON);
    const clients = [
      await subscriber(OFFERED),
      await subscriber({ perMessageDeflate: false }),
      await subscriber(),
    ];
    expect(clients.map(({ webSocket }) => webSocket.extensions)).toEqual([
      'permessage-deflate',
      '',
      'permessage-deflate',
    ]);
    await gateway.publish({ subscription: 'books.1', data: DATA });
    const bytes = await Promise.all(clients.map((client) => bytesFor(client, DATA)));
    expect(bytes[0]).toBeLessThan(500);
    expect(bytes[1]).toBeGreaterThan(10_000);
    expect(bytes[2]).toBe(bytes[0]);
  });

  it('keeps the order of what is short and what is not', async () => {
    await start(ON);
    const client = await subscriber();
    const datas = Array.from({ length: 30 }, (_, n) => (n % 3 ? n : `${n} ${DATA}`));
    await gateway.publish(datas.map((data) => ({ subscription: 'books.1', data })));
    for (const data of datas) expect((await client.next()).data).toEqual(data);
  });

  it('serves replies as well', async () => {
    await start(ON);
    const client = await subscriber(OFFERED);
    const before = socketOf(client.webSocket).bytesRead;
    const answer = await client.ask({ event: 'unsubscribe', subscription: DATA });
    expect(answer.subscription === DATA).toBe(true);
    expect(socketOf(client.webSocket).bytesRead - before).toBeLessThan(500);
  });

  it('is not used for a client that could not read it', async () => {
    await start(ON);
    const client = await subscriber({ perMessageDeflate: { serverMaxWindowBits: 9, threshold: 0 } });
    await gateway.publish({ subscription: 'books.1', data: DATA });
    expect(await bytesFor(client, DATA)).toBeGreaterThan(10_000);
    expect((await client.ask({ event: 'ping', data: 'still' })).data).toBe('still');
  });

  it('goes on for a client that does not keep up', async () => {
    const books = { requireAuthentication: false, slowConsumer: 'conflate' } as const;
    await start({ ...ON, services: { books }, limits: { outboxBytes: '1MiB' } });
    const slow = await subscriber(OFFERED);
    slow.webSocket.pause();
    const random = (): string =>
      Buffer.from(Array.from({ length: 40_000 }, () => Math.random() * 256)).toString('hex');
    let last = '';
    while ((await gateway.metric('kittiwake_drops_total', { reason: 'conflated' })) < 10)
      await gateway.publish({ subscription: 'books.1', data: (last = random()) });
    slow.webSocket.resume();
    expect((await slow.settled()).at(-1)?.data).toBe(last);
  });
});

describe('what clients compress', () => {
  it('is read, in one frame or in several, and takes its turn', async () => {
    await start(ON);
    const client = await subscriber(OFFERED);
    const parts = JSON.stringify({ event: 'ping', data: 'in parts' });
    client.webSocket.send(parts.slice(0, 5), { fin: false });
    client.webSocket.send(parts.slice(5, 9), { fin: false });
    client.webSocket.send(parts.slice(9), { fin: true });
    client.send({ event: 'ping', data: 'whole' }).send({ event: 'x'.repeat(40) });
    client.webSocket.send('{"event":"ping","data":"plain"}', { compress: false });
    expect((await client.next()).data).toBe('in parts');
    expect((await client.next()).data).toBe('whole');
    expect((await client.next()).status).toBe('error');
    expect((await client.next()).data).toBe('plain');
  });

  it('closes the connection with 1009 when it is too large once it is inflated', async () => {
    await start({ compression: { enabled: true, maxRatio: 0 }, limits: { frameBytes: '100KiB' } });
    const [client, other] = [await subscriber(OFFERED), await subscriber(OFFERED)];
    expect((await client.ask({ event: 'ping', data: 'd'.repeat(100_000) })).event).toBe('pong');
    client.send({ event: 'ping', data: 'd'.repeat(103_000) });
    expect((await client.untilClosed()).code).toBe(1009);
    other.webSocket.send(`{"event":"ping","data":"${'d'.repeat(60_000)}`, { fin: false });
    other.webSocket.send(`${'d'.repeat(60_000)}"}`);
    expect((await other.untilClosed()).code).toBe(1009);
    const metric = { reason: 'too_many_bytes' };
    expect(await gateway.metric('kittiwake_connections_closed_total', metric)).toBe(2);
  });

  // 204 KiB of small arrays became 200 MiB, and held up everybody for 12 s.
  it('closes the connection with 1009 when it becomes more than ten times as long, and than 16 KiB', async () => {
    await start(ON);
    const [client, other] = [await subscriber(OFFERED), await subscriber(OFFERED)];
    expect((await client.ask({ event: 'ping', data: 'd'.repeat(16_000) })).event).toBe('pong');
    const random = randomBytes(10_000).toString('hex'); // half as long when it is compressed
    expect((await client.ask({ event: 'ping', data: random.repeat(2) })).event).toBe('pong');
    client.send({ event: 'ping', data: 'd'.repeat(16_400) });
    expect(await client.untilClosed()).toMatchObject({ code: 1009, reason: 'The frame is too big.' });
    expect((await other.ask({ event: 'ping', data: 'still' })).data).toBe('still');
    const metric = { reason: 'too_many_bytes' };
    expect(await gateway.metric('kittiwake_connections_closed_total', metric)).toBe(1);
    await eventually(async () => (await gateway.metric('kittiwake_connections')) === 1);
  });

  it('counts for the rate of events, each KiB that it becomes', async () => {
    await start({ ...ON, limits: { eventsPerSecond: 1, eventBurst: 40 } });
    const client = await subscriber(OFFERED);
    const event = { event: 'ping', data: 'd'.repeat(15_000) };
    for (let i = 0; i < 2; i++) expect((await client.ask(event)).event).toBe('pong');
    client.send(event);
    expect((await client.untilClosed()).code).toBe(4429);
  });

  it('closes the connection with 1007 when it is not compressed', async () => {
    await start(ON);
    const client = await subscriber(OFFERED);
    socketOf(client.webSocket).write(clientFrame(0xc1, Buffer.alloc(200, 0xff)));
    expect((await client.untilClosed()).code).toBe(1007);
    const other = await subscriber(OFFERED);
    socketOf(other.webSocket).write(clientFrame(0xc1, deflateRawSync('{"event":"ping","data":"ok"}')));
    expect((await other.next()).data).toBe('ok');
  });
});
