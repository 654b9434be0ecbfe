import { connect, type Channel, type ChannelModel } from 'amqplib';
import { Redis } from 'ioredis';
import type { KittiwakeOptions } from '../src/config/options.js';
import { Kittiwake } from '../src/kittiwake.js';
import type { TestClient } from './support/client.js';
import { RabbitMqServer } from './support/rabbitmq-server.js';
import { RedisServer } from './support/redis-server.js';
import { publication, RoomsStage, settled, subscribe, V1 } from './support/rooms.js';
import { eventually } from './support/wait.js';

const ROOM = { target: 'message', customer: '1' };
const OTHER = { target: 'message', customer: '2' };
const ANY = { target: 'message', customer: '*' };
const MARK = { mark: 1 };

let redis: RedisServer;
let rabbitMq: RabbitMqServer;
let publisher: ChannelModel;
let channel: Channel;
const [left, right] = [new RoomsStage(), new RoomsStage()];
const nodes = [left, right];

beforeAll(async () => {
  [redis, rabbitMq] = await Promise.all([RedisServer.start(), RabbitMqServer.start()]);
  publisher = await connect(rabbitMq.url);
  channel = await publisher.createChannel();
}, 60_000);

afterAll(async () => {
  await publisher.close();
  await Promise.all([redis.stop(), rabbitMq.stop()]);
});

async function start(node: RoomsStage, rooms: KittiwakeOptions['rooms'] = {}): Promise<void> {
  await node.start({
    broker: { kind: 'redis', redis: { url: redis.url } },
    rooms: { ...rooms, rabbitmq: { url: rabbitMq.url, ...rooms.rabbitmq } },
  });
  node.allowed = [{ target: '*', customer: '*' }, MARK];
}

function ready({ gateway }: RoomsStage): Promise<unknown> {
  return eventually(async () => (await fetch(`${gateway.httpUrl}/health/ready`)).ok, { timeoutMs: 10_000 });
}

function publish(trigger: object): void {
  channel.publish('hightemplar', '*', Buffer.from(JSON.stringify(trigger)));
}

/** Every way for a trigger to come in. */
const ways: readonly (readonly [name: string, trigger: (rooms: object[], data: unknown) => unknown])[] = [
  ['HTTP, left', (rooms, data) => left.reached(rooms, data)],
  ['HTTP, right', (rooms, data) => right.reached(rooms, data)],
  ['process, left', (rooms, data) => left.kittiwake.trigger(rooms, data)],
  ['process, right', (rooms, data) => right.kittiwake.trigger(rooms, data)],
  ['RabbitMQ', (rooms, data) => publish({ rooms, data })],
];

async function member(node: RoomsStage, rooms: Record<string, object>): Promise<TestClient> {
  return node.member({ ...rooms, mark: MARK });
}

/** What each got up to marks that are triggered now, one by each way: whatever was triggered before has come too. */
async function delivered(...clients: TestClient[]): Promise<Record<string, unknown>[][]> {
  for (const [name, trigger] of ways) await trigger([MARK], name);
  return Promise.all(clients.map(untilMarks));
}

async function untilMarks(client: TestClient): Promise<Record<string, unknown>[]> {
  const before: Record<string, unknown>[] = [];
  for (let marks = 0; marks < ways.length;) {
    const frame = await client.next();
    if (frame.requestId === 'mark') marks++;
    else before.push(frame);
  }
  return [...before, ...(await settled(client))];
}

describe('two gateways on one Redis and one RabbitMQ', () => {
  beforeEach(async () => {
    for (const node of nodes) await start(node);
    await Promise.all(nodes.map(ready));
  });
  afterEach(() => Promise.all(nodes.map((node) => node.stop())));

  it('bring a trigger, by each way in, exactly once to each matching subscription of both', async () => {
    const members = nodes.flatMap((node) => [
      member(node, { one: ROOM, again: ROOM }),
      member(node, { any: ANY }),
      member(node, { other: OTHER }),
    ]);
    const clients = await Promise.all(members);
    for (const [name, trigger] of ways) {
      await trigger([ROOM], name);
      await trigger([ANY, OTHER], `${name}, many`);
    }
    for (const [index, frames] of (await delivered(...clients)).entries()) {
      const got = frames.map(({ data, requestId }) => `${String(requestId)}: ${String(data)}`);
      const ids = [['one', 'again'], ['any'], ['other']][index % 3]!;
      const names = ways.flatMap(([name]) => (index % 3 === 2 ? [`${name}, many`] : [name, `${name}, many`]));
      const wanted = ids.flatMap((id) => names.map((name) => `${id}: ${name}`));
      expect(got.toSorted()).toEqual(wanted.toSorted());
    }
  });

  it('say how many subscriptions of their own were reached', async () => {
    await member(left, { one: ROOM });
    await member(right, { one: ROOM, two: ROOM });
    expect(await left.reached([ROOM], 1)).toBe(1);
    expect(await right.reached([ROOM], 2)).toBe(2);
    expect(await left.gateway.app.get(Kittiwake, { strict: false }).trigger([ROOM], 3)).toEqual({
      reached: 1,
      isRepeated: false,
    });
  });

  it('keep a trigger from the connection that it excludes, wherever that is', async () => {
    const [sender, other] = [await member(left, { one: ROOM }), await member(right, { one: ROOM })];
    const { requestId: exclude } = await sender.ask('?');
    await left.reached([ROOM], 'left', { exclude });
    await right.reached([ROOM], 'right', { exclude });
    publish({ rooms: [ROOM], data: 'rabbitmq', exclude });
    const [ofSender, ofOther] = await delivered(sender, other);
    expect(ofSender).toEqual([]);
    expect(ofOther?.map(({ data }) => data).toSorted()).toEqual(['left', 'rabbitmq', 'right']);
  });

  it('keep the order of each publisher', async () => {
    const clients = [await member(left, { one: ROOM }), await member(right, { one: ANY })];
    const triggers = (by: string): { rooms: object[]; data: [string, number] }[] =>
      Array.from({ length: 200 }, (_, number) => ({ rooms: [ROOM], data: [by, number] }));
    const overHttp = async (node: RoomsStage, by: string): Promise<void> => {
      const all = triggers(by);
      while (all.length > 0) await node.trigger(all.splice(0, 40));
    };
    for (const trigger of triggers('rabbitmq')) publish(trigger);
    await Promise.all([overHttp(left, 'left'), overHttp(right, 'right')]);
    for (const frames of await delivered(...clients)) {
      const all = frames.map(({ data }) => data as [string, number]);
      for (const by of ['left', 'right', 'rabbitmq']) {
        const numbers = all.filter(([from]) => from === by).map(([, number]) => number);
        expect(numbers).toEqual(Array.from({ length: 200 }, (_, number) => number));
      }
    }
  });

  it('pass data on byte for byte to each other', async () => {
    const client = await member(right, { one: ROOM });
    const data = String.raw`{"b":1.0,"a":[1e400,12345678901234567890],"a":"\u00e9é\/", "":null}`;
    await left.trigger(`{"data":${data} , "rooms":[${JSON.stringify(ROOM)}]}`);
    expect(await client.text()).toBe(`{"type":"publish","data":${data},"requestId":"one"}`);
  });

  it('bring each other the largest trigger that is taken, and take none that is larger from RabbitMQ', async () => {
    const client = await member(right, { one: ROOM });
    const rooms = JSON.stringify([ROOM]);
    const trigger = (lists: number): string => `{"data":[${'[],'.repeat(lists - 1)}[]],"rooms":${rooms}}`;
    const most = 100_000 - 8; // around the lists of the data: 3 objects and lists, one in the rooms, 4 names
    const deepest = `{"data":${'['.repeat(511)}${']'.repeat(511)},"rooms":${rooms}}`;
    for (const text of [trigger(most), deepest])
      expect(await (await left.trigger(text)).json()).toMatchObject({ status: 'ok' });
    expect((await left.trigger(trigger(most + 1))).status).toBe(400);
    channel.publish('hightemplar', '*', Buffer.from(trigger(most + 1)));
    channel.publish('hightemplar', '*', Buffer.from(trigger(most)));
    for (const length of [most, 1]) expect((await client.next()).data).toHaveLength(length);
    expect((await client.next()).data).toHaveLength(most);
  });

  it('take no harm from what else is published on their channel', async () => {
    const client = await member(right, { one: ROOM });
    const outsider = new Redis(redis.port);
    const junk = [
      {},
      { data: 1 },
      { data: { rooms: 1, data: 1 } },
      { data: { rooms: [1], data: 1 }, node: 1 },
    ];
    for (const members of junk) {
      const text = JSON.stringify({ subscription: 'kittiwake:rooms', ...members });
      expect(await outsider.publish('kittiwake:rooms', text)).toBe(2);
    }
    await outsider.publish('kittiwake:rooms', Buffer.from([0xff]));
    outsider.disconnect();
    await left.reached([ROOM], 'after');
    expect(await client.next()).toEqual(publication('after', 'one'));
  });

  it('go on when one of them stops', async () => {
    const [gone, client] = [await member(left, { one: ROOM }), await member(right, { one: ROOM })];
    await left.gateway.stop();
    await gone.untilClosed();
    await right.reached([ROOM], 'HTTP');
    publish({ rooms: [ROOM], data: 'RabbitMQ' });
    const data = [(await client.next()).data, (await client.next()).data];
    expect(data.toSorted()).toEqual(['HTTP', 'RabbitMQ']);
  });

  it('bring triggers to each other again after Redis was gone', async () => {
    const clients = [await member(left, { one: ROOM }), await member(right, { one: ROOM })];
    await redis.restart();
    await Promise.all(clients.map((client) => client.untilClosed()));
    await Promise.all(nodes.map(ready));
    const client = await member(right, { one: ROOM });
    await left.reached([ROOM], 'after');
    expect(await client.next()).toEqual(publication('after', 'one'));
  });
});

describe('two gateways that keep what comes by a durable queue', () => {
  const rooms = { history: {}, rabbitmq: { mode: 'durable' } } as const;
  const DATA = [1, 2, 3, 4, 5, 6];

  beforeAll(async () => {
    for (const node of nodes) await start(node, rooms);
    await Promise.all(nodes.map(ready));
  });
  afterAll(() => Promise.all(nodes.map((node) => node.stop())));

  function publishKept(message: object | string, properties: object = {}): void {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    channel.publish('kittiwake', '*', Buffer.from(text), { persistent: true, ...properties });
  }

  async function follower(node: RoomsStage, members: object): Promise<[TestClient, Record<string, unknown>]> {
    const client = await node.connect(V1);
    return [client, await client.ask({ ...subscribe(ROOM, 'R'), ...members })];
  }

  async function dataOf(client: TestClient, count: number): Promise<unknown[]> {
    const data: unknown[] = [];
    while (data.length < count) {
      const frame = await client.next();
      if (frame['type'] === 'publish') data.push(frame['data']);
    }
    return data;
  }

  it('send each trigger once to the clients of both, in one order, and drop what is none', async () => {
    const clients = await Promise.all(nodes.map((node) => follower(node, { recover: true })));
    publishKept('no trigger');
    publishKept({ rooms: [ROOM], data: 'once' }, { messageId: 'm' });
    publishKept({ rooms: [ROOM], data: 'once' }, { messageId: 'm' });
    for (const data of DATA) publishKept({ rooms: [ROOM], data });
    for (const [client] of clients) expect(await dataOf(client, 7)).toEqual(['once', ...DATA]);
    expect(
      await rabbitMq.control('list_queues', 'name', 'durable', 'messages', '--no-table-headers'),
    ).toContain('kittiwake_rooms\ttrue\t0\n');
  });

  it('lose nothing of what comes while none of them runs', async () => {
    const [gone, { position }] = await follower(left, { recover: true });
    await left.stop();
    await gone.untilClosed();
    publishKept({ rooms: [ROOM], data: 'by the other' });
    const [client] = await follower(right, { position });
    expect(await dataOf(client, 1)).toEqual(['by the other']);
    await right.stop();
    publishKept({ rooms: [ROOM], data: 'by the next' });
    await Promise.all(nodes.map((node) => start(node, rooms)));
    const [again, reply] = await follower(left, { position });
    expect(reply).toMatchObject({ recovered: true });
    expect(await dataOf(again, 2)).toEqual(['by the other', 'by the next']);
  });

  it('acknowledge nothing before it is kept', async () => {
    const [client] = await follower(left, { recover: true });
    redis.freeze();
    for (const data of DATA) publishKept({ rooms: [ROOM], data });
    const waiting = async (): Promise<string> =>
      rabbitMq.control('list_queues', 'messages', '--no-table-headers');
    await eventually(async () => (await waiting()).startsWith(`${DATA.length}\n`), { timeoutMs: 15_000 });
    redis.thaw();
    expect(await dataOf(client, DATA.length)).toEqual(DATA);
  });
});
