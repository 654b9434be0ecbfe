import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { BrokerHistory } from '../../src/broker/history.js';
import { destroyClient } from '../../src/broker/redis/link/connection.js';
import { RedisMessages } from '../../src/broker/redis/messages.js';
import { RedisBroker } from '../../src/broker/redis/redis.broker.js';
import type { RedisSettings } from '../../src/config/sections/broker/redis.settings.js';
import type { Position } from '../../src/protocol/position.js';
import { RedisServer } from '../support/redis-server.js';
import { eventually } from '../support/wait.js';
import { publication, Recorder } from './recorder.js';
import { redisSettings } from './redis-settings.js';

const RETENTION = { size: 5, ttlMs: 60_000 };
const PREFIX = 'kept:';
const RIGHTS = ['+ping', '+publish', '+subscribe', '+unsubscribe', '+role', `&${PREFIX}*`];
const LOST = /NOSCRIPT|is lost$/;

let server: RedisServer;
let operator: Redis;
let nodes: Recorder[];
let epochs: number;
let channel = '';
let tests = 0;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await RedisServer.start();
  operator = new Redis(server.port, { retryStrategy: null });
});
beforeEach(async () => {
  nodes = [];
  epochs = 0;
  channel = `books.book_${++tests}`;
  await operator.flushall();
});
afterEach(async () => {
  await Promise.all(nodes.map(({ broker }) => broker.stop()));
});
afterAll(async () => {
  destroyClient(operator);
  await server.stop();
});

async function startNode(settings: Partial<RedisSettings> = {}): Promise<Recorder> {
  const ours = redisSettings(server, { prefix: PREFIX, ...settings });
  const node = new Recorder(new RedisBroker(ours, new RedisMessages(), () => epochs++));
  nodes.push(node);
  await node.start();
  return node;
}

async function startHistory(settings?: Partial<RedisSettings>): Promise<BrokerHistory> {
  return (await startNode(settings)).broker.history;
}

async function append(history: BrokerHistory, data: unknown): Promise<Position> {
  return (await history.append(channel, publication(data, channel), { retention: RETENTION })).position;
}

/** Makes a user with just these rights. */
async function urlOf(name: string, ...rights: string[]): Promise<string> {
  await operator.acl('SETUSER', name, 'reset', 'on', '>secret', ...rights);
  return `redis://${name}:secret@127.0.0.1:${server.port}`;
}

describe('an epoch in Redis', () => {
  it('begins once, whichever node comes first', async () => {
    const histories = [await startHistory(), await startHistory()];
    const positions = await Promise.all(histories.map((history) => append(history, 1)));
    expect(positions[0]!.epoch).toBe(positions[1]!.epoch);
    expect(epochs).toBe(1);
  });

  it('is another one when Redis was emptied, and tops say so', async () => {
    const history = await startHistory();
    const before = await append(history, 1);
    await operator.flushall();
    expect(await history.tops([channel], true)).toEqual([undefined]);
    const page = await history.read(channel, before);
    expect(page.publications).toBeUndefined();
    expect(page.top.epoch).not.toBe(before.epoch);
    expect(epochs).toBe(2);
  });

  it('is another one at a server that has taken the place of the first, which may have had more', async () => {
    const history = await startHistory();
    const before = await append(history, 1);
    await operator.set(`${PREFIX}{kw}:epoch`, `theotherserver ${before.epoch}`);
    expect(await history.tops([channel], true)).toEqual([undefined]);
    expect((await append(history, 2)).epoch).not.toBe(before.epoch);
    expect((await history.read(channel, before)).publications).toBeUndefined();
  });

  it('stays at any server where they cannot be told apart', async () => {
    const settings = { identity: 'none' } as const;
    const before = await append(await startHistory(settings), 1);
    expect(await operator.get(`${PREFIX}{kw}:epoch`)).toBe(`- ${before.epoch}`);
    expect((await append(await startHistory(settings), 2)).isNextTo(before)).toBe(true);
  });
});

describe('a single key that is deleted', () => {
  it('leaves no number to be used again, if it is that of the numbers', async () => {
    const history = await startHistory();
    const before = await append(history, 1);
    await operator.del(`${PREFIX}{kw}:t:${channel}`);
    expect(await history.tops([channel], true)).toEqual([undefined]);
    const after = await append(history, 2);
    expect(after.offset).toBeGreaterThan(before.offset + 1);
    expect((await history.read(channel, before)).publications).toBeUndefined();
  });

  it('is missed, if it is that of the publications', async () => {
    const history = await startHistory();
    const before = await append(history, 1);
    await append(history, 2);
    await operator.del(`${PREFIX}{kw}:l:${channel}`);
    await append(history, 3);
    expect((await history.read(channel, before)).publications).toBeUndefined();
  });
});

describe('what is kept in Redis', () => {
  it('has an end, but for the epoch', async () => {
    const history = await startHistory();
    await history.append(channel, publication(1, channel), { retention: RETENTION, idempotencyKey: 'key' });
    await history.read('books.unheard', 'top');
    const ends = await Promise.all((await operator.keys('*')).map((key) => operator.pttl(key)));
    expect(ends.filter((ms) => ms < 0)).toHaveLength(1);
    expect(ends).toHaveLength(5);
  });

  it('has an end as well when it is made anew', async () => {
    const history = await startHistory();
    await append(history, 1);
    await operator.del(`${PREFIX}{kw}:l:${channel}`);
    await append(history, 2);
    expect(await operator.pttl(`${PREFIX}{kw}:l:${channel}`)).toBeGreaterThan(RETENTION.ttlMs);
  });

  it('is cut when a service keeps less than before', async () => {
    const history = await startHistory();
    for (let i = 0; i < 5; i++) await append(history, i);
    await history.append(channel, publication(5, channel), { retention: { ...RETENTION, size: 2 } });
    expect(await operator.llen(`${PREFIX}{kw}:l:${channel}`)).toBe(2);
  });

  it('is what each service keeps, also of publications that share a call', async () => {
    const history = await startHistory();
    const appending = [RETENTION, { size: 2, ttlMs: 1000 }].map((retention) => ({ retention }));
    const sent = Array.from({ length: 8 }, async (_, i) =>
      history.append(`${channel}_${i % 2}`, publication(i), appending[i % 2]!),
    );
    await Promise.all(sent);
    const lists = [0, 1].map((i) => `${PREFIX}{kw}:l:${channel}_${i}`);
    expect(await Promise.all(lists.map((list) => operator.llen(list)))).toEqual([4, 2]);
    const [long, short] = await Promise.all(lists.map((list) => operator.pttl(list)));
    expect(long).toBeGreaterThan(RETENTION.ttlMs);
    expect(short).toBeLessThan(1200);
  });

  it('leaves no hole where somebody has put something else', async () => {
    const history = await startHistory();
    const before = await append(history, 1);
    await append(history, 2);
    await append(history, 3);
    await operator.lset(`${PREFIX}{kw}:l:${channel}`, 1, 'nonsense');
    const { publications } = await history.read(channel, before);
    expect(publications!.map(({ subscription, data }) => [subscription, data])).toEqual([
      ['', 'null'],
      [channel, '3'],
    ]);
  });
});

describe('a publication for a history', () => {
  it('is refused when other nodes would drop it', async () => {
    const history = await startHistory();
    await expect(append(history, 'x'.repeat(1_048_576))).rejects.toThrow('cannot publish');
  });

  it('may have been published, if the connection ends before Redis answers', async () => {
    const node = await startNode({ pingTimeoutMs: 300 });
    await append(node.broker.history, 1);
    server.freeze();
    try {
      await expect(append(node.broker.history, 2)).rejects.toThrow('may have been published');
      await expect(append(node.broker.history, 3)).rejects.toThrow(/cannot publish: .* is lost$/);
    } finally {
      server.thaw();
    }
  });

  it('keeps its place when Redis forgets the scripts', async () => {
    const { broker, ...recorded } = await startNode();
    await broker.join(channel);
    const results: string[] = [];
    for (let number = 0; number < 200; number++) {
      if (number % 50 === 25) await operator.script('FLUSH');
      const sent = Array.from({ length: 5 }, (_, i) => append(broker.history, number * 5 + i));
      for (const settled of await Promise.allSettled(sent))
        results.push(settled.status === 'fulfilled' ? 'ok' : String(settled.reason));
      await eventually(() => broker.state === 'ready');
    }
    const failed = results.filter((result) => result !== 'ok');
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.filter((reason) => !LOST.test(reason))).toEqual([]);
    const heard = recorded.arrived.map((one) => Number(one.publication.data));
    expect(heard).toEqual([...new Set(heard)].toSorted((a, b) => a - b));
  });
});

describe('the stream in which services leave publications', () => {
  const STREAM = `${PREFIX}{kw}:in`;
  const SERVICES = new Map([['books', RETENTION]]);
  const leave = (...fields: string[]): Promise<unknown> => operator.xadd(STREAM, '*', ...fields);
  const textOf = (data: unknown): string => ` ${publication(data, channel).text}`;

  it('is taken in once and in order, however many nodes do it', async () => {
    const listening = await startNode();
    await listening.broker.join(channel);
    for (let i = 0; i < 150; i++) await leave('c', channel, 'd', textOf(i));
    for (let node = 0; node < 3; node++) (await startHistory()).takeIn!(SERVICES, 1);
    for (let i = 150; i < 300; i++) await leave('c', channel, 'd', textOf(i));
    await listening.texts(300);
    const numbers = listening.arrived.map((one) => Number(one.publication.data));
    expect(numbers).toEqual(Array.from({ length: 300 }, (_, i) => i));
    const { publications } = await listening.broker.history.read(channel, 'oldest');
    expect(publications!.map(({ data }) => data)).toEqual(['295', '296', '297', '298', '299']);
    expect(await operator.exists(STREAM)).toBe(0);
  });

  it('knows repeats by their key, that of whoever publishes otherwise too', async () => {
    const history = await startHistory();
    const appending = { retention: RETENTION, idempotencyKey: 'key' };
    await history.append(channel, publication('first', channel), appending);
    await leave('c', channel, 'd', textOf('again'), 'k', 'key');
    await leave('c', channel, 'd', textOf('second'), 'k', 'other');
    await leave('c', channel, 'd', textOf('second'), 'k', 'other');
    history.takeIn!(SERVICES, 1);
    await eventually(async () => (await operator.exists(STREAM)) === 0);
    const { publications } = await history.read(channel, 'oldest');
    expect(publications!.map(({ data }) => data)).toEqual(['"first"', '"second"']);
  });

  it.each([
    [['d', '{}'], 'it needs c, the topic, and d, the publication'],
    [['c', 'books.1'], 'it needs c'],
    [
      ['c', 'news.1', 'd', '{"subscription":"news.1","data":1}'],
      'no service with a history has its topic news.1',
    ],
    [['c', 'books.', 'd', '{"subscription":"books.","data":1}'], 'no service with a history'],
    [['c', 'books.1', 'd', 'nonsense'], 'd is not a publication with the subscription books.1'],
    [['c', 'books.1', 'd', '7'], 'd is not a publication'],
    [['c', 'books.1', 'd', '{"subscription":"books.2","data":1}'], 'd is not a publication'],
    [['c', 'books.1', 'd', '{"subscription":"books.1"}'], 'd is not a publication'],
    [
      ['c', 'books.1', 'd', `{"subscription":"books.1","data":"${'x'.repeat(2000)}"}`],
      'it is larger than 920 bytes',
    ],
  ])('has what is no publication dropped and counted: %j', async (fields, fault) => {
    const warnings: string[] = [];
    Logger.overrideLogger({ warn: (text: unknown) => warnings.push(String(text)), log() {}, error() {} });
    let dropped = 0;
    const messages = new RedisMessages({ maxBytes: 1000 }, () => dropped++);
    const node = new Recorder(new RedisBroker(redisSettings(server, { prefix: PREFIX }), messages));
    nodes.push(node);
    await node.start();
    await leave(...fields);
    await leave('c', channel, 'd', textOf('good'));
    node.broker.history.takeIn!(SERVICES, 1);
    await eventually(async () => (await operator.exists(STREAM)) === 0);
    await eventually(() => dropped === 1);
    expect(warnings).toEqual([expect.stringContaining(fault)]);
    const { publications } = await node.broker.history.read(channel, 'oldest');
    expect(publications).toHaveLength(1);
    Logger.overrideLogger(false);
  });

  it('loses no other entry for one that cannot be kept', async () => {
    const history = await startHistory();
    await operator.set(`${PREFIX}{kw}:l:books.taken`, 'by somebody else');
    await leave('c', 'books.taken', 'd', publication(1, 'books.taken').text);
    await leave('c', channel, 'd', textOf(2));
    history.takeIn!(SERVICES, 1);
    await eventually(async () => (await operator.exists(STREAM)) === 0);
    expect((await history.read(channel, 'oldest')).publications).toHaveLength(1);
  });
});

describe('the user of Redis', () => {
  const kept = [
    '+evalsha +script|load +info +get +mget +set +del +incr +rpush +lpop +ltrim +llen +lrange +pexpire +pttl +time'.split(
      ' ',
    ),
    `~${PREFIX}{kw}:*`,
  ].flat();

  it('needs no more than before where nothing is kept', async () => {
    const node = await startNode({ url: await urlOf('plain', ...RIGHTS) });
    await node.broker.join(channel);
    await node.broker.publish(channel, publication(1, channel));
    expect(await node.texts(1)).toHaveLength(1);
  });

  it('needs the rights that the error names', async () => {
    const without = await startHistory({ url: await urlOf('plain', ...RIGHTS) });
    await expect(append(without, 1)).rejects.toThrow(`needs ${RIGHTS.join(' ')} ${kept.join(' ')})`);
    await expect(without.read(channel, 'top')).rejects.toThrow('+evalsha');
    const history = await startHistory({ url: await urlOf('keeping', ...RIGHTS, ...kept) });
    for (let i = 0; i < 7; i++) await append(history, i);
    await history.append(channel, publication(1), {
      retention: { ...RETENTION, size: 2 },
      idempotencyKey: 'k',
    });
    expect((await history.read(channel, 'oldest')).publications).toHaveLength(2);
    expect(await history.tops([channel], true)).not.toEqual([undefined]);
  });

  it('needs more rights for streams, which the log names', async () => {
    const warnings: string[] = [];
    Logger.overrideLogger({ warn: (text: unknown) => warnings.push(String(text)), log() {}, error() {} });
    const streams = ['+xrange', '+xdel', '+xlen'];
    const services = new Map([['books', RETENTION]]);
    await operator.xadd(`${PREFIX}{kw}:in`, '*', 'c', channel, 'd', publication(1, channel).text);
    const without = await startHistory({ url: await urlOf('keeping', ...RIGHTS, ...kept) });
    without.takeIn!(services, 1);
    await eventually(() => warnings.length > 0);
    expect(warnings[0]).toContain(`+time ${streams.join(' ')} ~${PREFIX}`);
    Logger.overrideLogger(false);
    const history = await startHistory({ url: await urlOf('taking', ...RIGHTS, ...kept, ...streams) });
    history.takeIn!(services, 1);
    await eventually(async () => (await operator.exists(`${PREFIX}{kw}:in`)) === 0);
  });

  it('may lack a channel: what is published there fails, and nothing else', async () => {
    const rights = RIGHTS.filter((right) => !right.startsWith('&'));
    const url = await urlOf('some', ...rights, ...kept, `&${PREFIX}${channel}`, `&${PREFIX}kittiwake:*`);
    const history = await startHistory({ url });
    const other = history.append('books.secret', publication(1, 'books.secret'), { retention: RETENTION });
    const [failed, done] = await Promise.allSettled([other, append(history, 1)]);
    expect(failed).toHaveProperty('reason.message', expect.stringContaining('may have been published'));
    expect(done.status).toBe('fulfilled');
  });
});
