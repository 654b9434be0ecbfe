import { connect, type Channel, type ChannelModel } from 'amqplib';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { KittiwakeOptions } from '../src/config/options.js';
import type { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';
import { RabbitMqServer } from './support/rabbitmq-server.js';
import { optionsOf, publication, RoomsStage, settled } from './support/rooms.js';
import { TcpProxy } from './support/tcp-proxy.js';
import { eventually } from './support/wait.js';

const EXCHANGE = 'hightemplar';
const ROOM = { target: 'message', customer: '1' };
const OTHER = { target: 'message', customer: '2' };
const START_MS = 60_000;

let server: RabbitMqServer;
let publisher: ChannelModel;
let channel: Channel;

const stage = new RoomsStage();

async function openPublisher(): Promise<void> {
  publisher = await connect(server.url);
  publisher.on('error', () => undefined);
  channel = await publisher.createChannel();
  channel.on('error', () => undefined);
}

/** Starts a gateway that takes triggers from RabbitMQ, and waits until it does. */
async function start(options: KittiwakeOptions['rooms'] = {}): Promise<void> {
  await stage.start({ rooms: { ...options, rabbitmq: { url: server.url, ...options.rabbitmq } } });
  stage.allowed = [{ target: '*', customer: '*' }];
  await ready();
}

/** Starts another one in place of it. */
async function startAnew(options: KittiwakeOptions['rooms']): Promise<void> {
  await stage.stop();
  await start(options);
}

async function health(): Promise<[number, unknown]> {
  const response = await fetch(`${stage.gateway.httpUrl}/health/ready`);
  return [response.status, ((await response.json()) as { status: string }).status];
}

/** Waits until the gateway takes triggers. */
async function ready(): Promise<void> {
  await eventually(async () => (await health())[0] === 200, { timeoutMs: 15_000, what: 'a ready gateway' });
}

/** Text and bytes go as they are. */
function publish(message: unknown, routingKey = '*', exchange = EXCHANGE): void {
  const isRaw = typeof message === 'string' || Buffer.isBuffer(message);
  channel.publish(exchange, routingKey, Buffer.from(isRaw ? message : JSON.stringify(message)));
}

/** What a client gets up to a trigger that is published now. */
async function received(client: TestClient): Promise<unknown[]> {
  const mark = `mark-${Math.random()}`;
  publish({ rooms: [ROOM], data: mark });
  const before: unknown[] = [];
  for (;;) {
    const frame = await client.next();
    if (frame.data === mark) return before;
    before.push(frame);
  }
}

beforeAll(async () => {
  server = await RabbitMqServer.start();
  await openPublisher();
}, START_MS);

afterAll(async () => {
  await server.stop();
});

beforeEach(() => start());
afterEach(() => stage.stop());

describe('triggers of RabbitMQ', () => {
  it('arrive in their order, with their data byte for byte', async () => {
    const [client, other] = [await stage.member({ R: ROOM, S: ROOM }), await stage.member({ T: OTHER })];
    const data = String.raw`{"b":1.0,"a":[1e400,-0,12345678901234567890],"a":"\u00e9é\/", "":null}`;
    publish(`{"x": 1, "data": ${data} ,"rooms":[{"customer":"1","target":"message"}]}`);
    expect([await client.text(), await client.text()].toSorted()).toEqual([
      `{"type":"publish","data":${data},"requestId":"R"}`,
      `{"type":"publish","data":${data},"requestId":"S"}`,
    ]);
    for (let number = 0; number < 500; number++) publish({ rooms: [ROOM, OTHER], data: number });
    const numbers = (await received(client)).filter(
      (frame) => (frame as { requestId: string }).requestId === 'R',
    );
    const expected = (requestId: string): object[] =>
      Array.from({ length: 500 }, (_, number) => publication(number, requestId));
    expect(numbers).toEqual(expected('R'));
    expect(await settled(other)).toEqual(expected('T'));
    expect(await stage.gateway.metric('kittiwake_publications_total', { source: 'rabbitmq' })).toBe(502);
  });

  it('that are none are dropped, and counted, and harm no others', async () => {
    const client = await stage.member({ R: ROOM });
    const malformed = [
      '',
      '{',
      'null',
      '[]',
      JSON.stringify([{ rooms: [ROOM], data: 1 }]),
      { rooms: [ROOM] },
      { data: 1 },
      { rooms: ROOM, data: 1 },
      { rooms: [ROOM, 'room'], data: 1 },
      { rooms: [ROOM, null], data: 1 },
      { rooms: [ROOM], data: 1, exclude: 1 },
      `{"rooms":[{"target":"message","customer":"1"}],"data":${'['.repeat(600)}${']'.repeat(600)}}`,
      Buffer.concat([
        Buffer.from('{"rooms":[{"target":"message","customer":"1"}],"data":"'),
        Buffer.from([0xff, 0xfe]),
        Buffer.from('"}'),
      ]),
    ];
    for (const message of malformed) publish(message);
    expect(await received(client)).toEqual([]);
    expect(await client.ask({ type: 'status' })).toMatchObject({
      rabbitmq_messages_received: malformed.length + 1,
      ws_messages_send: 1,
    });
    expect(await stage.gateway.metric('kittiwake_drops_total', { reason: 'malformed' })).toBe(
      malformed.length,
    );
    expect(await server.control('list_queues', 'messages', '--no-table-headers')).toBe('0\n');
    expect((await health())[0]).toBe(200);
  });

  it('arrive with the configured routing key alone', async () => {
    const client = await stage.member({ R: ROOM });
    for (const key of ['', 'message', '#', '**']) publish({ rooms: [ROOM], data: key }, key);
    expect(await received(client)).toEqual([]);
    await startAnew({ rabbitmq: { exchange: 'other', routingKey: 'key' } });
    const another = await stage.member({ R: ROOM });
    publish({ rooms: [ROOM], data: 'wrong key' }, '*', 'other');
    publish({ rooms: [ROOM], data: 'right' }, 'key', 'other');
    expect(await another.next()).toEqual(publication('right', 'R'));
  });

  it('match as those over HTTP do', async () => {
    const client = await stage.member({ R: { target: 'message', customer: '*' } });
    publish({ rooms: [ROOM, OTHER, { target: '*', customer: '*' }], data: 'once' });
    expect(await received(client)).toEqual([publication('once', 'R')]);
    await startAnew({ matching: 'literal' });
    const literal = await stage.member({ any: { target: 'message', customer: '*' }, one: ROOM });
    publish({ rooms: [OTHER, ROOM, ROOM], data: 'twice' });
    expect(await received(literal)).toEqual(Array(2).fill(publication('twice', 'one')));
  });

  it('may exclude a connection', async () => {
    const [client, other] = [await stage.member({ R: ROOM }), await stage.member({ S: ROOM })];
    const { requestId: exclude } = await client.ask('?');
    publish({ rooms: [ROOM], data: 'not for all', exclude });
    expect(await received(client)).toEqual([]);
    expect(await other.next()).toEqual(publication('not for all', 'S'));
  });

  it('come by a direct exchange and a queue of this node alone, as High-Templar declares them', async () => {
    await channel.assertExchange(EXCHANGE, 'direct', { durable: false, autoDelete: false });
    const name = await queueName();
    expect(name).toMatch(/^hightemplar_[\da-f-]{36}$/);
    expect(await server.control('list_queues', 'name', 'durable', 'exclusive', '--no-table-headers')).toBe(
      `${name}\tfalse\ttrue\n`,
    );
  });
});

describe('a queue that an operator deletes', () => {
  it('is replaced, and triggers arrive again', async () => {
    const client = await stage.member({ R: ROOM });
    const name = await queueName();
    await server.control('delete_queue', name);
    await eventually(async () => (await queueName()) !== name);
    await ready();
    publish({ rooms: [ROOM], data: 'after' });
    expect(await client.next()).toEqual(publication('after', 'R'));
  });
});

describe('RabbitMQ that is gone', () => {
  it('without a word is missed, and connected to anew', async () => {
    const proxy = await TcpProxy.start(server.port);
    try {
      await startAnew({ rabbitmq: { url: `amqp://guest:guest@127.0.0.1:${proxy.port}`, heartbeat: '1s' } });
      const client = await stage.member({ R: ROOM });
      proxy.silence(0);
      await eventually(async () => (await health())[0] === 503, { timeoutMs: 10_000 });
      await ready();
      publish({ rooms: [ROOM], data: 'after' });
      expect(await client.next()).toEqual(publication('after', 'R'));
    } finally {
      await proxy.stop();
    }
  });

  it('without a word does not keep the gateway from stopping', async () => {
    const proxy = await TcpProxy.start(server.port);
    try {
      await startAnew({ rabbitmq: { url: `amqp://guest:guest@127.0.0.1:${proxy.port}` } });
      proxy.silence(0);
      const startedAt = performance.now();
      await stage.gateway.stop();
      expect(performance.now() - startedAt).toBeLessThan(3000);
    } finally {
      await proxy.stop();
    }
  });

  it('while it is being connected to does not keep the gateway from stopping', async () => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const connected = once(silent, 'connection');
    const url = `amqp://guest:guest@127.0.0.1:${port}`;
    const gateway = await TestGateway.start(
      optionsOf('http://127.0.0.1:1/', { rooms: { rabbitmq: { url } } }),
    );
    const [socket] = (await connected) as [Socket];
    const disconnected = once(socket.resume(), 'close');
    const startedAt = performance.now();
    await gateway.stop();
    expect(performance.now() - startedAt).toBeLessThan(3000);
    await disconnected;
    silent.close();
  });

  it(
    'and back in traffic costs no client: pings are answered meanwhile, then triggers arrive again',
    async () => {
      const clients = [await stage.member({ R: ROOM }), await stage.member({ R: OTHER })];
      const client = clients[0]!;
      publish({ rooms: [ROOM], data: 'before' });
      expect(await client.next()).toEqual(publication('before', 'R'));
      const traffic = setInterval(() => void stage.reached([OTHER], 'over HTTP').catch(() => undefined), 20);
      const closed = new Promise((resolve) => publisher.once('close', resolve));
      await server.crash();
      await closed;
      await eventually(async () => (await health())[0] === 503);
      expect(await health()).toEqual([503, 'rabbitmq lost']);
      expect(await stage.gateway.metric('kittiwake_rabbitmq_ready')).toBe(0);
      expect(await settled(client)).toEqual([]);
      expect(await stage.reached([ROOM], 'meanwhile')).toBe(1);
      expect(await client.next()).toEqual(publication('meanwhile', 'R'));
      await (await stage.connect()).close();
      const late = await TestGateway.start(
        optionsOf('http://127.0.0.1:1/', { rooms: { rabbitmq: { url: server.url } } }),
      );
      expect((await fetch(`${late.httpUrl}/health/ready`)).status).toBe(503);

      await server.launch();
      await openPublisher();
      await ready();
      await eventually(async () => (await fetch(`${late.httpUrl}/health/ready`)).ok, { timeoutMs: 15_000 });
      await late.stop();
      clearInterval(traffic);
      expect(await stage.gateway.metric('kittiwake_rabbitmq_ready')).toBe(1);
      publish({ rooms: [ROOM], data: 'after' });
      expect(await client.next()).toEqual(publication('after', 'R'));
      expect(clients.map(({ closed: ended }) => ended)).toEqual([undefined, undefined]);
      const others = (await settled(clients[1]!)).map(({ data }) => data);
      expect(others.length).toBeGreaterThan(10);
      expect(new Set(others)).toEqual(new Set(['over HTTP']));
    },
    START_MS,
  );
});

/** The name of the queue of the gateway, the only one. */
async function queueName(): Promise<string> {
  const names = await server.control('list_queues', 'name', '--no-table-headers');
  return names.trim();
}
