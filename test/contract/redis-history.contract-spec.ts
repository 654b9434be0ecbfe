import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { BrokerHistory } from '../../src/broker/history.js';
import { destroyClient } from '../../src/broker/redis/connection.js';
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
    expect(await history.tops([channel])).toEqual([undefined]);
    const page = await history.read(channel, before);
    expect(page.publications).toBeUndefined();
    expect(page.top.epoch).not.toBe(before.epoch);
    expect(epochs).toBe(2);
  });

  it('is another one at a server that has taken the place of the first, which may have had more', async () => {
    const history = await startHistory();
    const before = await append(history, 1);
    await operator.set(`${PREFIX}{kw}:epoch`, `theotherserver ${before.epoch}`);
    expect(await history.tops([channel])).toEqual([undefined]);
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
    expect(await history.tops([channel])).toEqual([undefined]);
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
    expect(await history.tops([channel])).not.toEqual([undefined]);
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
