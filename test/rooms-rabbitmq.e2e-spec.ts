import { Logger } from '@nestjs/common';
import { connect, type Channel, type ChannelModel } from 'amqplib';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { KittiwakeOptions } from '../src/config/options.js';
import type { Finding } from '../src/cli/doctor/finding.js';
import { rabbitMqCheck } from '../src/cli/doctor/rabbitmq.check.js';
import { loadSettings } from '../src/config/loading/load-settings.js';
import type { Metrics } from '../src/metrics/metrics.js';
import type { RoomPublisher } from '../src/rooms/room-publisher.js';
import type { RabbitMqInput } from '../src/rooms/rabbitmq/rabbitmq-input.js';
import { RabbitMqPurposes } from '../src/rooms/rabbitmq/rabbitmq-purposes.js';
import { RabbitMqTriggers } from '../src/rooms/rabbitmq/rabbitmq-triggers.js';
import type { TriggerStream } from '../src/rooms/stream/trigger-stream.js';
import { type CertificateFiles, Certificates } from './support/certificates.js';
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
/** What makes RabbitMQ do something is a program of Erlang, which on a busy machine was seen to take 50 s to reach it. */
const CONTROL_MS = 120_000;

let certificates: Certificates;
let own: CertificateFiles;
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
  const { status } = await fetch(`${stage.gateway.httpUrl}/health/ready`);
  const details = await fetch(`${stage.gateway.operatorsUrl}/status`);
  return [status, ((await details.json()) as { state: string }).state];
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
  certificates = await Certificates.open();
  own = await certificates.make('rabbitmq');
  server = await RabbitMqServer.start(own);
  await openPublisher();
}, START_MS);

afterAll(async () => {
  await server.stop();
  await certificates.stop();
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

  it('are as large as those over HTTP, at most', async () => {
    await stage.stop();
    await stage.start({ rooms: { rabbitmq: { url: server.url } }, publish: { maxBodyBytes: '64KiB' } });
    stage.allowed = [{ target: '*', customer: '*' }];
    await ready();
    const client = await stage.member({ R: ROOM });
    const empty = JSON.stringify({ rooms: [ROOM], data: '' }).length;
    const largest = 'x'.repeat(65_536 - empty);
    publish({ rooms: [ROOM], data: largest });
    publish({ rooms: [ROOM], data: `${largest}x` });
    expect(await received(client)).toEqual([publication(largest, 'R')]);
    expect(await stage.gateway.metric('kittiwake_drops_total', { reason: 'oversized' })).toBe(1);
  });

  it.each(['topic', 'fanout'] as const)(
    'come by a durable %s exchange, if it is that',
    async (exchangeType) => {
      const exchange = `${exchangeType}-exchange`;
      await channel.assertExchange(exchange, exchangeType, { durable: true });
      await startAnew({
        rabbitmq: { exchange, exchangeType, exchangeDurable: true, routingKey: 'books.#', heartbeat: '1s' },
      });
      const client = await stage.member({ R: ROOM });
      publish({ rooms: [ROOM], data: 'a' }, 'books.new.1', exchange);
      expect(await client.next()).toEqual(publication('a', 'R'));
      await channel.deleteExchange(exchange);
      await eventually(async () => (await server.control('list_exchanges', 'name')).includes(exchange));
      publish({ rooms: [ROOM], data: 'b' }, 'books.new.1', exchange);
      expect(await client.next()).toEqual(publication('b', 'R'));
      await channel.deleteExchange(exchange);
    },
  );
});

describe('RabbitMQ that takes something away', () => {
  it(
    'an exchange, which somebody declares again: it is bound again, and that is said',
    async () => {
      await startAnew({ rabbitmq: { heartbeat: '1s' } });
      const client = await stage.member({ R: ROOM });
      const lines = keepLines();
      const isBound = async (): Promise<boolean> =>
        (await server.control('list_bindings', 'source_name', 'routing_key')).includes(`${EXCHANGE}\t*`);
      for (const isDeclared of [true, false]) {
        lines.length = 0;
        await channel.deleteExchange(EXCHANGE);
        if (isDeclared)
          await channel.assertExchange(EXCHANGE, 'direct', { durable: false, autoDelete: false });
        await eventually(isBound);
        publish({ rooms: [ROOM], data: isDeclared });
        expect(await client.next()).toEqual(publication(isDeclared, 'R'));
        await eventually(() => lines.length > 0);
        expect(lines).toEqual([
          expect.stringMatching(/^warn the exchange "hightemplar" had lost its binding: /),
        ]);
      }
      const { rabbitmq_messages_received: count } = await client.ask({ type: 'status' });
      expect(count).toBe(2);
      expect((await health())[0]).toBe(200);
    },
    CONTROL_MS,
  );

  it.each<[string, RegExp, () => Promise<unknown>]>([
    ['the queue', /its queue was deleted$/, async () => server.control('delete_queue', await queueName())],
    [
      'the connection',
      /CONNECTION_FORCED - maintenance/,
      async () => {
        await server.control('close_all_connections', 'maintenance');
        await openPublisher();
      },
    ],
  ])(
    '%s: that is one warning, and one line when triggers arrive again',
    async (_, reason, take) => {
      const client = await stage.member({ R: ROOM });
      const lines = keepLines();
      await take();
      await eventually(() => lines.length > 1, { timeoutMs: 15_000 });
      expect((await health())[0]).toBe(200);
      publish({ rooms: [ROOM], data: 'after' });
      expect(await client.next()).toEqual(publication('after', 'R'));
      expect(lines).toEqual([expect.stringMatching(reason), 'log taking triggers from RabbitMQ']);
      expect(lines[0]).toMatch(
        /^warn no triggers from RabbitMQ at 127\.0\.0\.1:\d+: the connection is lost: /,
      );
    },
    CONTROL_MS,
  );
});

describe('RabbitMQ that cannot be used', () => {
  let triggers: RabbitMqTriggers | undefined;
  afterEach(() => triggers?.stop());

  /** Without a gateway: only what is logged counts. */
  function startTriggers(rabbitmq: NonNullable<KittiwakeOptions['rooms']>['rabbitmq']): string[] {
    const lines = keepLines();
    const { rooms } = loadSettings(
      optionsOf('http://127.0.0.1:1/', { rooms: { rabbitmq: { heartbeat: '1s', ...rabbitmq } } }),
    );
    const metrics = { dropped: () => undefined, rabbitMqStateChanged: () => undefined };
    const input = {} as RabbitMqInput;
    const purposes = new RabbitMqPurposes(rooms!, input, {} as RoomPublisher, {} as TriggerStream);
    triggers = new RabbitMqTriggers(rooms!, purposes, input, metrics as unknown as Metrics);
    void triggers.start();
    return lines;
  }

  const at = (port: number, scheme = 'amqp', user = 'guest:guest'): string =>
    `${scheme}://${user}@127.0.0.1:${port}`;

  it.each<[string, () => NonNullable<KittiwakeOptions['rooms']>['rabbitmq'], RegExp]>([
    [
      'for its password',
      () => ({ url: at(server.port, 'amqp', 'guest:wrong') }),
      /Login was refused.* \(set the right user and password in its url\)$/,
    ],
    [
      'for its virtual host',
      () => ({ url: `${server.url}/nowhere` }),
      /: it does not let its user into the virtual host \(set one that is there in its url/,
    ],
    [
      'for the type of the exchange',
      () => ({ url: server.url, exchangeType: 'topic' }),
      /PRECONDITION_FAILED.* \(set exchangeType and exchangeDurable to what the exchange has\)$/,
    ],
    [
      'for TLS that it does not speak',
      () => ({ url: at(server.port, 'amqps') }),
      /the port does not speak TLS \(/,
    ],
    [
      'for TLS that it does speak',
      () => ({ url: at(server.tlsPort) }),
      /use amqps:\/\/ in its url, or set tls/,
    ],
    [
      'for an unknown authority',
      () => ({ url: at(server.tlsPort, 'amqps') }),
      /self-signed certificate \(set tls.caFile to the authority of its certificate\)$/,
    ],
    [
      'for want of a client certificate',
      () => ({ url: at(server.tlsPort, 'amqps'), tls: { caFile: own.certFile } }),
      /\(.*tls\.certFile.*\)$/,
    ],
  ])('says so once, with what helps: %s', async (_, rabbitmq, text) => {
    const lines = startTriggers(rabbitmq());
    await eventually(() => lines.filter((line) => line.startsWith('debug')).length >= 1, {
      timeoutMs: 15_000,
      what: 'another attempt',
    });
    const warnings = lines.filter((line) => !line.startsWith('debug'));
    expect(warnings).toEqual([
      expect.stringMatching(/^warn no triggers from RabbitMQ at 127\.0\.0\.1:\d+: /),
    ]);
    expect(warnings[0]).toMatch(text);
    expect(triggers?.isReady).toBe(false);
  });

  it('is passed over for another of several, and with a client certificate it is not', async () => {
    const client = await certificates.make('gateway', own);
    const tls = { caFile: own.certFile, ...client };
    startTriggers({ urls: [at(1), at(server.tlsPort), at(2)], tls });
    await eventually(() => triggers?.isReady, { timeoutMs: 15_000 });
  });
});

describe('the doctor, asked about RabbitMQ', () => {
  const findings = (
    rabbitmq: NonNullable<KittiwakeOptions['rooms']>['rabbitmq'],
  ): Promise<readonly Finding[]> => {
    const rooms = {
      rabbitmq: { url: server.url, ...rabbitmq },
      ...(rabbitmq?.mode && { history: { size: 10 } }),
    };
    return rabbitMqCheck(
      loadSettings(optionsOf('http://127.0.0.1:1/', { rooms })),
      AbortSignal.timeout(8000),
    );
  };

  it('finds out whether it lets the gateway in, and whether exchange and queue are there and bound', async () => {
    const place = new URL(server.url).host;
    const ok = { state: 'ok', about: 'rooms.rabbitmq', says: `RabbitMQ at ${place} lets the gateway in` };
    expect(await findings({})).toEqual([
      ok,
      expect.objectContaining({ says: 'the exchange "hightemplar" is there' }),
    ]);
    const durable = { mode: 'durable', exchange: 'doctors', queue: 'ward' } as const;
    expect((await findings(durable))[1]?.says).toBe('there is no exchange "doctors" yet');
    await channel.assertExchange('doctors', 'direct', { durable: true });
    expect((await findings(durable))[1]?.says).toBe('there is no queue "ward" yet');
    await channel.assertQueue('ward', { durable: true });
    expect((await findings(durable))[1]).toMatchObject({
      state: 'problem',
      says: 'the queue "ward" is not bound to "doctors"',
    });
    await channel.bindQueue('ward', 'doctors', 'ward');
    expect((await findings(durable))[1]).toMatchObject({
      state: 'ok',
      says: 'the queue "ward" is there, bound to "doctors"',
    });
    await channel.deleteQueue('ward');
    await channel.deleteExchange('doctors');
  });

  it('finds a wrong password, and nobody', async () => {
    const url = server.url.replace('guest:guest', 'guest:secret');
    const [refused] = await findings({ url });
    expect(refused).toMatchObject({
      state: 'problem',
      says: expect.stringMatching(/set the right user and password/),
    });
    expect(JSON.stringify(refused)).not.toContain('secret');
    const [gone] = await findings({ url: 'amqp://127.0.0.1:1' });
    expect(gone).toMatchObject({ state: 'problem', cure: 'start it, or set where it is' });
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

/** What is logged from here on, each line with its level. */
function keepLines(): string[] {
  const lines: string[] = [];
  const at = (level: string) => (text: unknown) => void lines.push(`${level} ${String(text)}`);
  Logger.overrideLogger({ log: at('log'), warn: at('warn'), error: at('error'), debug: at('debug') });
  return lines;
}

/** The name of the queue of the gateway, the only one. */
async function queueName(): Promise<string> {
  const names = await server.control('list_queues', 'name', '--no-table-headers');
  return names.trim();
}
