import { Logger } from '@nestjs/common';
import { connect, type ConfirmChannel, type ChannelModel } from 'amqplib';
import type { KittiwakeOptions } from '../src/config/options.js';
import type { TestClient } from './support/client.js';
import { RabbitMqServer } from './support/rabbitmq-server.js';
import { publication, RoomsStage, settled, subscribe, SUCCESS, V1 } from './support/rooms.js';
import { eventually } from './support/wait.js';

const ROOM = { target: 'message', customer: '1' };
const ANY = { target: 'message', customer: '*' };
const OTHER = { target: 'other', customer: '1' };
const POSITION = expect.stringMatching(/^[\da-z]+-[\w-]{11}\.\d+$/) as string;
const STREAM = 'kittiwake_rooms_stream';
const SIZE = 200;
const START_MS = 60_000;

type Rabbitmq = NonNullable<KittiwakeOptions['rooms']>['rabbitmq'];

let rabbitMq: RabbitMqServer;
let publisher: ChannelModel;
let channel: ConfirmChannel;
const [left, right] = [new RoomsStage(), new RoomsStage()];
const nodes = [left, right];

async function openPublisher(): Promise<void> {
  publisher = await connect(rabbitMq.url);
  publisher.on('error', () => undefined);
  channel = await publisher.createConfirmChannel();
  channel.on('error', () => undefined);
}

async function start(
  node: RoomsStage,
  rabbitmq: Rabbitmq = { mode: 'stream' },
  options: KittiwakeOptions = {},
): Promise<void> {
  await node.start({
    ...options,
    rooms: { history: { size: SIZE }, rabbitmq: { url: rabbitMq.url, ...rabbitmq } },
  });
  node.allowed = [{ target: '*', customer: '*' }];
  await ready(node);
}

function ready({ gateway }: RoomsStage): Promise<unknown> {
  return eventually(async () => (await fetch(`${gateway.httpUrl}/health/ready`)).ok, { timeoutMs: 20_000 });
}

function publish(message: object | string, properties: object = {}): void {
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  channel.publish('kittiwake', '*', Buffer.from(text), { persistent: true, ...properties });
}

async function follower(
  node: RoomsStage,
  members: object = { recover: true },
  room: object = ROOM,
): Promise<[TestClient, Record<string, unknown>]> {
  const client = await node.connect(V1);
  return [client, await client.ask({ ...subscribe(room, 'R'), ...members })];
}

/** The next triggers that a client gets, with their positions. */
async function next(client: TestClient, count: number): Promise<Record<string, unknown>[]> {
  const frames: Record<string, unknown>[] = [];
  while (frames.length < count) {
    const frame = await client.next();
    if (frame['type'] === 'publish') frames.push(frame);
    else if (frame['type'] !== 'position') throw new Error(JSON.stringify(frame));
  }
  return frames;
}

async function dataOf(client: TestClient, count: number): Promise<unknown[]> {
  return (await next(client, count)).map(({ data }) => data);
}

beforeAll(async () => {
  rabbitMq = await RabbitMqServer.start();
  await openPublisher();
  for (const node of nodes) await start(node);
}, START_MS);

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await publisher.close().catch(() => undefined);
  await rabbitMq.stop();
});

describe('two gateways that read one stream of RabbitMQ', () => {
  it('bring each trigger once to the clients of both, in one order, at one position', async () => {
    const clients = await Promise.all(nodes.map((node) => follower(node)));
    publish('no trigger');
    for (let number = 0; number < 5; number++) publish({ rooms: [ROOM, ANY], data: number });
    const [ofLeft, ofRight] = await Promise.all(clients.map(([client]) => next(client, 5)));
    expect(ofLeft!.map(({ data }) => data)).toEqual([0, 1, 2, 3, 4]);
    expect(ofLeft).toEqual(ofRight);
    expect(ofLeft![0]).toEqual({ ...publication(0, 'R'), position: POSITION });
  });

  it('recover what clients have missed, whichever node they come to', async () => {
    const [client] = await follower(left);
    publish({ rooms: [ROOM], data: 'a' });
    const [{ position }] = (await next(client, 1)) as [{ position: string }];
    client.drop();
    publish({ rooms: [OTHER], data: 'not for it' });
    for (const data of ['b', 'c']) publish({ rooms: [ROOM], data });
    for (const node of [right, left]) {
      const [again, reply] = await follower(node, { position });
      expect(reply).toEqual({ ...SUCCESS, requestId: 'R', recovered: true });
      expect(await dataOf(again, 2)).toEqual(['b', 'c']);
    }
  });

  it('take triggers over HTTP and in process, and say where they are and whom they have reached', async () => {
    const [client] = await follower(right);
    const member = await left.member({ R: ROOM });
    const response = await left.trigger({ rooms: [ROOM], data: 'HTTP' });
    const reply = (await response.json()) as object;
    expect(reply).toEqual({ status: 'ok', reached: expect.any(Number), position: POSITION });
    const made = await right.kittiwake.trigger([ROOM], 'process');
    expect(made).toEqual({ reached: expect.any(Number), position: POSITION, isRepeated: false });
    const frames = await next(client, 2);
    expect(frames.map(({ data, position }) => [data, position])).toEqual([
      ['HTTP', (reply as { position: string }).position],
      ['process', made.position],
    ]);
    expect([await member.next(), await member.next()]).toEqual(
      ['HTTP', 'process'].map((data) => publication(data, 'R')),
    );
  });

  it('have clients without the sub-protocol, and those that do not ask, as they were', async () => {
    const old = await left.connect();
    expect(await old.ask({ ...subscribe(ROOM, 'R'), recover: true, position: 'x.1' })).toEqual(SUCCESS);
    const [plain, reply] = await follower(left, {});
    expect(reply).toEqual({ ...SUCCESS, requestId: 'R' });
    publish({ rooms: [ROOM], data: 'a' });
    for (const client of [old, plain])
      expect(await client.text()).toBe('{"type":"publish","data":"a","requestId":"R"}');
    expect(await settled(old)).toEqual([]);
  });

  it('refuse idempotency keys, which they could not heed', async () => {
    const headers = { 'Idempotency-Key': 'k' };
    const refusals = [
      await left.trigger({ rooms: [ROOM], data: 1 }, '/trigger', headers),
      await left.trigger({ rooms: [ROOM], data: 1, idempotency_key: 'k' }),
    ];
    for (const response of refusals) {
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: expect.stringContaining('mode durable') });
    }
  });

  it('believe no position that the stream does not prove', async () => {
    const [client, { position }] = await follower(left);
    publish({ rooms: [ROOM], data: 'a' });
    const [{ position: after }] = (await next(client, 1)) as [{ position: string }];
    const [proof, offset] = after.split('.') as [string, string];
    const [mark] = proof.split('-') as [string];
    const wrong = [
      'x.1',
      `${proof}.${Number(offset) - 1}`,
      `${proof}.${Number(offset) + 1}`,
      `${mark}-AAAAAAAAAAA.${offset}`,
      `${offset}-${proof.slice(mark.length + 1)}.${offset}`,
    ];
    for (const each of wrong) {
      const [, reply] = await follower(right, { position: each });
      expect(reply).toMatchObject({ recovered: false, reason: 'position_lost', position: POSITION });
    }
    const [, reply] = await follower(right, { position });
    expect(reply).toMatchObject({ recovered: true });
  });

  it('tell a client that has missed more than their size', async () => {
    const [client, { position }] = await follower(left, { recover: true }, OTHER);
    for (let number = 0; number <= SIZE; number++) publish({ rooms: [ROOM, OTHER], data: number });
    await next(client, SIZE);
    const [, reply] = await follower(left, { position }, OTHER);
    expect(reply).toMatchObject({ recovered: false, reason: 'gap_too_long' });
  });

  it('go on where they were after a lost connection, without a gap or a repeat', async () => {
    const clients = await Promise.all(nodes.map((node) => follower(node)));
    for (let number = 0; number < 3; number++) publish({ rooms: [ROOM], data: number });
    for (const [client] of clients) expect(await dataOf(client, 3)).toEqual([0, 1, 2]);
    await rabbitMq.control('close_all_connections', 'maintenance');
    await openPublisher();
    for (let number = 3; number < 6; number++) publish({ rooms: [ROOM], data: number });
    await Promise.all(nodes.map(ready));
    publish({ rooms: [ROOM], data: 6 });
    for (const [client] of clients) expect(await dataOf(client, 4)).toEqual([3, 4, 5, 6]);
  });

  it('have all that was published while none of them ran, and prove it to those who come back', async () => {
    const [client] = await follower(left);
    publish({ rooms: [ROOM], data: 'before' });
    const [{ position }] = (await next(client, 1)) as [{ position: string }];
    await left.stop();
    await client.untilClosed();
    publish({ rooms: [ROOM], data: 'by the other' });
    const [other] = await follower(right, { position });
    expect(await dataOf(other, 1)).toEqual(['by the other']);
    await right.stop();
    publish({ rooms: [ROOM], data: 'by the next' });
    await Promise.all(nodes.map((node) => start(node)));
    const [again, reply] = await follower(left, { position });
    expect(reply).toEqual({ ...SUCCESS, requestId: 'R', recovered: true });
    expect(await dataOf(again, 2)).toEqual(['by the other', 'by the next']);
  });

  it('tell those who hear nothing where they are, after each period with traffic', async () => {
    const third = new RoomsStage();
    await start(third, { mode: 'stream' }, { history: { checkPeriod: '50ms' } });
    const [quiet, { position: first }] = await follower(third, { recover: true }, OTHER);
    publish({ rooms: [ROOM], data: 'a' });
    const { position, ...frame } = await quiet.next();
    expect(frame).toEqual({ type: 'position', requestId: 'R' });
    expect(position).not.toBe(first);
    await third.stop();
    publish({ rooms: [OTHER], data: 'b' });
    const [client, reply] = await follower(left, { position }, OTHER);
    expect(reply).toMatchObject({ recovered: true });
    expect(await dataOf(client, 1)).toEqual(['b']);
  });

  it('say what is wrong with a queue that is no stream', async () => {
    await channel.assertQueue('classic', { durable: true });
    const stage = new RoomsStage();
    const rabbitmq = { url: rabbitMq.url, mode: 'stream', queue: 'classic' } as const;
    await stage.start({ rooms: { history: {}, rabbitmq } });
    const lines: string[] = [];
    const keep = (text: unknown): void => void lines.push(String(text));
    Logger.overrideLogger({ log: keep, warn: keep, error: keep, debug: keep });
    await eventually(() => lines.some((line) => line.includes('(set queue to another name')));
    expect((await stage.trigger({ rooms: [ROOM], data: 1 })).status).toBe(503);
    await stage.stop();
    await channel.deleteQueue('classic');
  });
});

describe('RabbitMQ that is restarted with what it had', () => {
  const durable = new RoomsStage();
  afterAll(() => durable.stop());

  /** Until it is routed: for a moment after its start RabbitMQ leaves out queues that are not ready. */
  async function publishSurely(exchange: string, data: unknown): Promise<void> {
    const content = Buffer.from(JSON.stringify({ rooms: [ROOM], data }));
    for (let isReturned = true; isReturned;) {
      isReturned = false;
      const returned = (): boolean => (isReturned = true);
      channel.once('return', returned);
      channel.publish(exchange, '*', content, {
        persistent: true,
        mandatory: true,
        messageId: String(data),
      });
      await channel.waitForConfirms();
      channel.off('return', returned);
    }
  }

  async function isOpened(): Promise<true> {
    const reader = await publisher.createChannel();
    reader.on('error', () => undefined);
    await reader.prefetch(1);
    await reader.consume(STREAM, () => undefined, { arguments: { 'x-stream-offset': 'next' } });
    await reader.close();
    return true;
  }

  async function publishToBoth(data: unknown): Promise<void> {
    for (const exchange of ['kittiwake', 'durable']) await publishSurely(exchange, data);
  }

  it(
    'costs no client and no trigger, in a stream and in a durable queue',
    async () => {
      await start(durable, { mode: 'durable', exchange: 'durable' });
      const stages = [...nodes, durable];
      const clients = await Promise.all(stages.map((node) => follower(node)));
      const [gone] = await follower(left);
      await publishToBoth('before');
      const [{ position }] = (await next(gone, 1)) as [{ position: string }];
      for (const [client] of clients) expect(await dataOf(client, 1)).toEqual(['before']);
      gone.drop();
      await rabbitMq.kill();
      await eventually(async () => !(await fetch(`${left.gateway.httpUrl}/health/ready`)).ok);
      expect((await left.trigger({ rooms: [ROOM], data: 'refused' })).status).toBe(503);
      await rabbitMq.launch();
      await openPublisher();
      await eventually(isOpened, { timeoutMs: 15_000, what: 'a stream that is opened' });
      for (const data of [1, 2, 3]) await publishToBoth(data);
      await Promise.all(stages.map(ready));
      await publishToBoth(4);
      for (const [client] of clients) expect(await dataOf(client, 4)).toEqual([1, 2, 3, 4]);
      const [again] = await follower(right, { position });
      expect(await dataOf(again, 4)).toEqual([1, 2, 3, 4]);
    },
    START_MS,
  );
});

describe('a stream that is deleted', () => {
  /** Declared by somebody else, and longer than the one before. */
  async function declareLonger(): Promise<void> {
    await channel.assertQueue(STREAM, { durable: true, arguments: { 'x-queue-type': 'stream' } });
    for (let number = 0; number < 3000; number++) channel.sendToQueue(STREAM, Buffer.from('{}'));
    await channel.waitForConfirms();
  }

  it.each([
    ['and declared again by a gateway', async () => undefined],
    ['and by somebody else, who is quicker', declareLonger],
  ])('%s: everybody is told that triggers may be missing', async (_, declare) => {
    const [client, { position }] = await follower(left);
    const plain = await right.member({ R: ROOM });
    await channel.deleteQueue(STREAM);
    await declare();
    let frame = await client.next();
    while (frame['type'] === 'position') frame = await client.next();
    expect(frame).toEqual({ type: 'reset', reason: 'position_lost', position: POSITION, requestId: 'R' });
    await plain.untilClosed();
    await Promise.all(nodes.map(ready));
    for (const data of [1, 2]) publish({ rooms: [ROOM], data });
    expect(await dataOf(client, 2)).toEqual([1, 2]);
    const [, reply] = await follower(right, { position });
    expect(reply).toMatchObject({ recovered: false });
  });
});
