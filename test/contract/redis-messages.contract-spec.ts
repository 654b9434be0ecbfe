import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { destroyClient } from '../../src/broker/redis/link/connection.js';
import { RedisMessages, type MessageLimits } from '../../src/broker/redis/messages.js';
import { RedisBroker } from '../../src/broker/redis/redis.broker.js';
import type { RedisSettings } from '../../src/config/sections/broker/redis.settings.js';
import { RedisServer } from '../support/redis-server.js';
import { eventually } from '../support/wait.js';
import { publication, Recorder } from './recorder.js';
import { redisSettings } from './redis-settings.js';

const CHANNEL = 'books.book_1';

describe('what travels through Redis', () => {
  let server: RedisServer;
  let client: Redis;
  let node: Recorder;
  let dropped: string[];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    server = await RedisServer.start();
    client = new Redis(server.port);
  });
  beforeEach(() => {
    dropped = [];
  });
  afterEach(() => node.broker.stop());
  afterAll(async () => {
    destroyClient(client);
    await server.stop();
  });

  async function startNode(settings: Partial<RedisSettings> = {}, limits: MessageLimits = {}): Promise<void> {
    const messages = new RedisMessages(limits, (reason) => dropped.push(reason));
    node = new Recorder(new RedisBroker(redisSettings(server, settings), messages));
    await node.start();
    await client.config('RESETSTAT'); // it tries at its start what it will need
  }

  /** How often the server was given a command. */
  async function calls(command: string): Promise<number> {
    const stats = await client.info('commandstats');
    return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  }

  it('carries the prefix, which nodes do not see', async () => {
    await startNode({ prefix: 'live:' });
    await node.broker.join(CHANNEL);
    await client.publish(CHANNEL, publication('elsewhere').text);
    await client.publish(`live:${CHANNEL}`, publication('from a service').text);
    await node.broker.publish(CHANNEL, publication('from a node'));
    expect(await node.texts(2)).toEqual([
      publication('from a service').text,
      publication('from a node').text,
    ]);
    expect(await node.channels(2)).toEqual([CHANNEL, CHANNEL]);
    await node.broker.leave(CHANNEL);
    await eventually(async () => (await client.pubsub('CHANNELS')).length === 0, { what: 'UNSUBSCRIBE' });
  });

  it.each([
    ['is not JSON', Buffer.from('hello')],
    ['is empty', Buffer.alloc(0)],
    [
      'is not UTF-8',
      Buffer.from([...Buffer.from('{"subscription":"books.book_1","data":"'), 0xff, 0x22, 0x7d]),
    ],
    ['is a list', Buffer.from('[{"subscription":"books.book_1","data":1}]')],
    ['lacks data', Buffer.from('{"subscription":"books.book_1"}')],
    [
      'is nested too deep',
      Buffer.from(`{"subscription":"books.book_1","data":${'['.repeat(9999)}${']'.repeat(9999)}}`),
    ],
  ])('drops and counts a message that %s', async (_, message) => {
    await startNode();
    await node.broker.join(CHANNEL);
    await client.publish(CHANNEL, message);
    await client.publish(CHANNEL, publication('next').text);
    expect(await node.texts(1)).toEqual([publication('next').text]);
    expect(dropped).toEqual(['malformed']);
  });

  it('drops and counts a message above the limit, and takes one at the limit', async () => {
    const largest = publication('x'.repeat(100)).text;
    await startNode({}, { maxBytes: largest.length });
    await node.broker.join(CHANNEL);
    await client.publish(CHANNEL, `${largest} `);
    await client.publish(CHANNEL, largest);
    expect(await node.texts(1)).toEqual([largest]);
    expect(dropped).toEqual(['oversized']);
  });

  it('is at most 1 MiB if nothing else is set', async () => {
    await startNode();
    await node.broker.join(CHANNEL);
    const frame = publication('').text.length;
    await client.publish(CHANNEL, publication('x'.repeat(1_048_577 - frame)).text);
    await client.publish(CHANNEL, publication('x'.repeat(1_048_576 - frame)).text);
    await node.texts(1);
    expect(dropped).toEqual(['oversized']);
  });

  it('is refused when a node publishes what every node would drop', async () => {
    await startNode({}, { maxBytes: 100 });
    await expect(node.broker.publish(CHANNEL, publication('é'.repeat(40)))).rejects.toThrow(
      /^cannot publish: 12\d bytes, allowed are 100$/,
    );
    expect(await calls('publish')).toBeLessThan(200);
  });

  it('is joined and left by one command for all channels of a tick', async () => {
    await startNode();
    const channels = Array.from({ length: 100 }, (_, i) => `books.book_${i}`);
    await Promise.all(channels.map((channel) => node.broker.join(channel)));
    expect(await client.pubsub('CHANNELS')).toHaveLength(100);
    for (const channel of channels) void node.broker.leave(channel);
    await eventually(async () => (await client.pubsub('CHANNELS')).length === 0, { what: 'UNSUBSCRIBE' });
    expect([await calls('subscribe'), await calls('unsubscribe')]).toEqual([1, 1]);
  });

  it('leaves in one write when it is published in one tick', async () => {
    await startNode();
    const reads = async (): Promise<number> =>
      Number(/total_reads_processed:(\d+)/.exec(await client.info('stats'))?.[1]);
    const before = await reads();
    const sent = Array.from({ length: 100 }, async (_, i) => node.broker.publish(CHANNEL, publication(i)));
    await Promise.all(sent);
    // Those that ask, and the heartbeat, are reads too.
    expect((await reads()) - before).toBeLessThan(10);
    expect(await calls('publish')).toBe(100);
  });

  it('is not asked for on a channel that is joined and left in one tick', async () => {
    await startNode();
    void node.broker.join(CHANNEL);
    void node.broker.leave(CHANNEL);
    await node.broker.join('books.book_2');
    expect(await client.pubsub('CHANNELS')).toEqual(['books.book_2']);
  });

  it('leaves time for everything else when it comes faster than it can be handled', async () => {
    await startNode({ pingTimeoutMs: 1000 });
    await node.broker.join(CHANNEL);
    const turns = countPerTurn();
    node.onReceived = () => {
      turns.count++;
      work(0.5);
    };
    const sent = Array.from({ length: 3000 }, (_, i) => publication(i).text);
    const flood = client.pipeline();
    for (const text of sent) flood.publish(CHANNEL, text);
    try {
      await flood.exec();
      await eventually(() => node.arrived.length === sent.length, { what: 'the flood', timeoutMs: 15_000 });
    } finally {
      turns.stop();
    }
    expect(await node.texts(sent.length)).toEqual(sent);
    // What 10 ms are enough for.
    expect(turns.most).toBeLessThanOrEqual(20);
    // It took longer than an answer to PING may take, which lay behind the messages.
    expect(node.states).toEqual(['ready']);
  });

  it('is refused for a forbidden channel alone, not for those joined in the same tick', async () => {
    await client.acl(
      'SETUSER',
      'gateway',
      'on',
      '>secret',
      '+@all',
      'resetchannels',
      '&books.*',
      '&kittiwake:*',
    );
    await startNode({ url: server.url.replace('//', '//gateway:secret@') });
    const outcomes = await Promise.allSettled(
      [CHANNEL, 'films.film_1'].map((channel) => node.broker.join(channel)),
    );
    expect(outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { message: /^cannot join "films.film_1": NOPERM/ } },
    ]);
    await node.broker.publish(CHANNEL, publication());
    expect(await node.channels(1)).toEqual([CHANNEL]);
  });
});

/** Keeps the process busy, as many subscriptions do. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** Counts something in each turn of the event loop. */
function countPerTurn(): { count: number; most: number; stop(): void } {
  const turns = { count: 0, most: 0, stop: () => clearImmediate(timer) };
  const turn = (): void => {
    turns.most = Math.max(turns.most, turns.count);
    turns.count = 0;
    timer = setImmediate(turn);
  };
  let timer = setImmediate(turn);
  return turns;
}
