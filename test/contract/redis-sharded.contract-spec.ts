import { setImmediate } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { partitionOf, slotOf } from '../../src/broker/redis/sharded/partitioning.js';
import { ShardedRedisBroker } from '../../src/broker/redis/sharded/sharded-redis.broker.js';
import type { RedisSettings } from '../../src/config/sections/broker/redis.settings.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { freePort, type RedisServer } from '../support/redis-server.js';
import { eventually } from '../support/wait.js';
import { publication, Recorder } from './recorder.js';
import { redisSettings } from './redis-settings.js';

const PARTITIONS = 8;
/** The partition of which something is kept: slots with keys cannot be moved in one step. */
const KEPT = 6;
/** Redis says by itself what has changed: nobody has to ask. */
const SLOW = { pingIntervalMs: 60_000, pingTimeoutMs: 10_000 };
const QUICK = { pingIntervalMs: 100, pingTimeoutMs: 500 };

describe('sharded Redis', () => {
  let cluster: RedisCluster;
  let nodes: Recorder[];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    cluster = await RedisCluster.start({ replicas: true, fullCoverage: true, nodeTimeoutMs: 1000 });
  });
  beforeEach(() => {
    nodes = [];
  });
  afterEach(() => Promise.all(nodes.map(({ broker }) => broker.stop())));
  afterAll(() => cluster.stop());

  async function startNode(
    channels: string[] = [],
    timing: Partial<RedisSettings> = SLOW,
  ): Promise<Recorder> {
    const broker = newBroker(timing);
    const node = new Recorder(broker);
    nodes.push(node);
    await node.start();
    await Promise.all(channels.map((channel) => broker.join(channel)));
    return node;
  }

  function newBroker(timing: Partial<RedisSettings>): ShardedRedisBroker {
    const settings = redisSettings({ url: 'redis://only-its-credentials-count' }, timing);
    return new ShardedRedisBroker({ ...settings, clusterNodes: cluster.addresses, partitions: PARTITIONS });
  }

  /** A channel of each partition, by the server that has it. */
  async function channelsByPrimary(): Promise<Map<RedisServer, string[]>> {
    const channels = new Map<RedisServer, string[]>();
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const primary = await cluster.primaryOf(slotOf(`${partition}`));
      channels.set(primary, [...(channels.get(primary) ?? []), channelOf(partition)]);
    }
    return channels;
  }

  /** Every node hears what any publishes on any of the channels, once. */
  async function expectToWork(channels: readonly string[]): Promise<void> {
    for (const node of nodes) node.arrived.length = 0;
    const sent = nodes.flatMap((node, index) =>
      channels.map(async (channel) => node.broker.publish(channel, publication(index, channel))),
    );
    await Promise.all(sent);
    for (const node of nodes) {
      expect((await node.channels(sent.length)).toSorted()).toEqual(
        channels.flatMap((channel) => nodes.map(() => channel)).toSorted(),
      );
    }
  }

  it('carries what a service gives to SPUBLISH under the name of the partition', async () => {
    const node = await startNode(['books.book_1']);
    // CRC-32 of "books.book_1" modulo 8 is 0.
    const primary = await cluster.primaryOf(slotOf('0'));
    const service = new Redis(primary.port);
    await service.spublish('{0}:books.book_1', publication('by a service').text);
    service.disconnect();
    expect(await node.texts(1)).toEqual([publication('by a service').text]);
  });

  it('takes in what services leave in the stream of the partition of a topic, and of no other', async () => {
    const channels = [channelOf(KEPT), channelOf(KEPT, 1), channelOf(KEPT + 1)];
    const { broker } = await startNode();
    const primary = await cluster.primaryOf(slotOf(`${KEPT}`));
    const client = new Redis(primary.port);
    const stream = `{${KEPT}}:in`;
    try {
      for (const channel of channels)
        await client.xadd(stream, '*', 'c', channel, 'd', publication(1, channel).text);
      broker.history.takeIn!(new Map([['books', { size: 5, ttlMs: 60_000 }]]), 5);
      await eventually(async () => (await client.exists(stream)) === 0);
    } finally {
      client.disconnect();
    }
    const kept = await Promise.all(channels.map((channel) => broker.history.read(channel, 'oldest')));
    expect(kept.map(({ publications }) => publications!.length)).toEqual([1, 1, 0]);
  });

  it('is joined and left by one command for each partition', async () => {
    const node = await startNode();
    const clients = [...(await channelsByPrimary()).keys()].map(({ port }) => new Redis(port));
    await Promise.all(clients.map((client) => client.config('RESETSTAT')));
    const calls = async (command: string): Promise<number[]> => {
      const stats = await Promise.all(clients.map((client) => client.info('commandstats')));
      return stats.map((text) => Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(text)?.[1] ?? 0));
    };
    const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
    const channels = Array.from({ length: 500 }, (_, i) => `books.book_${i}`);
    await Promise.all(channels.map((channel) => node.broker.join(channel)));
    expect(sum(await calls('ssubscribe'))).toBe(PARTITIONS);
    for (const channel of channels) void node.broker.leave(channel);
    await eventually(async () => sum(await calls('sunsubscribe')) > 0, { what: 'SUNSUBSCRIBE' });
    await node.broker.join('books.book_1');
    expect(sum(await calls('sunsubscribe'))).toBe(PARTITIONS);
    const left = await Promise.all(
      clients.map((client) => client.call('PUBSUB', 'SHARDCHANNELS', '*books*')),
    );
    expect(left.flat()).toEqual(['{0}:books.book_1']);
    for (const client of clients) client.disconnect();
  });

  it.each<[string, Partial<RedisSettings>, (primary: RedisServer) => Promise<void>]>([
    ['hands over to its replica', SLOW, (primary) => cluster.failOver(primary)],
    ['freezes', QUICK, async (primary) => primary.freeze()],
  ])('is lost for the channels of one server alone when that %s', async (_, timing, lose) => {
    const channels = await channelsByPrimary();
    const [primary, lost] = [...channels][0]!;
    const all = [...channels.values()].flat();
    const [first, second] = [await startNode(all, timing), await startNode(all, timing)];
    await lose(primary);
    for (const node of [first, second]) {
      expect(await node.reported(3)).toEqual(['ready', 'lost', 'ready']);
      expect(node.losses).toEqual([lost.toSorted()]);
    }
    await expectToWork(all);
    primary.thaw();
    await cluster.isReplica(primary);
    await expectToWork(all);
    expect([first.losses, second.losses]).toEqual([[lost.toSorted()], [lost.toSorted()]]);
  });

  it('goes on with the other channels while those of a server that was killed are lost', async () => {
    const channels = await channelsByPrimary();
    const [[primary, lost], [, others]] = [...channels] as [[RedisServer, string[]], [RedisServer, string[]]];
    const node = await startNode([lost[0]!, others[0]!]);
    await primary.kill();
    await node.reported(2);
    await node.broker.publish(others[0]!, publication('meanwhile'));
    expect(await node.channels(1)).toEqual([others[0]]);
    await node.broker.join(others[0]!);
    await node.broker.join(others[1]!);
    const isLost = /: partition \d \(slot \d+\) is lost$/;
    await expect(node.broker.join(lost[0]!)).rejects.toThrow(isLost);
    await expect(node.broker.join(lost[1]!)).rejects.toThrow(isLost);
    await expect(node.broker.publish(lost[0]!, publication())).rejects.toThrow(isLost);
    expect(await node.reported(3)).toEqual(['ready', 'lost', 'ready']);
    expect(node.losses).toEqual([[lost[0]]]);
    await primary.restart();
    await cluster.isReplica(primary);
    await expectToWork([lost[0]!, others[0]!, others[1]!]);
  });

  it('is lost for the channels of a slot alone when that moves to another server', async () => {
    const all = Array.from({ length: PARTITIONS }, (_, i) => channelOf(i));
    const node = await startNode(all);
    const from = await cluster.primaryOf(slotOf('3'));
    const to = [...(await channelsByPrimary()).keys()].find((primary) => primary !== from)!;
    await cluster.moveSlot(slotOf('3'), to);
    expect(await node.reported(3)).toEqual(['ready', 'lost', 'ready']);
    expect(node.losses).toEqual([[channelOf(3)]]);
    await expectToWork(all);
  });

  it('waits a moment with what it keeps in a slot that moves, in order, and says when it takes longer', async () => {
    const { broker } = await startNode();
    const slot = slotOf(`${KEPT}`);
    const left = new Redis((await cluster.primaryOf(slot)).port);
    const order: number[] = [];
    const append = async (channel: string, data = 0): Promise<void> => {
      const appending = { retention: { size: 5, ttlMs: 60_000 } };
      await broker.history.append(channel, publication(data, channel), appending);
      order.push(data);
    };
    await append(channelOf(KEPT));
    const text = publication(3, channelOf(KEPT, 3)).text;
    await left.xadd(`{${KEPT}}:in`, '*', 'c', channelOf(KEPT, 3), 'd', text);
    await cluster.beginMoving(slot, await cluster.primaryOf(slotOf('0')));
    broker.history.takeIn!(new Map([['books', { size: 5, ttlMs: 60_000 }]]), 5);
    const waiting: Promise<void>[] = [];
    try {
      await expect(append(channelOf(KEPT, 2))).rejects.toThrow(
        /cannot publish: .*(ASK|TRYAGAIN) (?!.*may have)/,
      );
      // Its keys are not at either server; those of the second are still where they were.
      waiting.push(append(channelOf(KEPT, 2), 1));
      await setImmediate();
      waiting.push(append(channelOf(KEPT), 2));
      await setImmediate();
    } finally {
      await cluster.endMoving(slot);
    }
    await Promise.all(waiting);
    expect(order).toEqual([0, 1, 2]);
    await eventually(async () => (await left.exists(`{${KEPT}}:in`)) === 0);
    left.disconnect();
    expect((await broker.history.read(channelOf(KEPT, 3), 'oldest')).publications).toHaveLength(1);
    expect(broker.state).toBe('ready');
  });

  it('notices a slot that moves while no channel of it is used', async () => {
    const node = await startNode();
    const from = await cluster.primaryOf(slotOf('5'));
    const to = [...(await channelsByPrimary()).keys()].find((primary) => primary !== from)!;
    await cluster.moveSlot(slotOf('5'), to);
    expect(await node.reported(3)).toEqual(['ready', 'lost', 'ready']);
    expect(node.losses).toEqual([[]]);
  });

  it('is lost when a server is cut off from the others, though it answers', async () => {
    const channels = await channelsByPrimary();
    const [[primary, own]] = [...channels] as [[RedisServer, string[]]];
    const node = await startNode(own, QUICK);
    const others = cluster.nodes.filter((server) => server !== primary);
    for (const server of others) server.freeze();
    await eventually(() => node.losses.flat().length > 0, { what: 'a loss' }).finally(() =>
      others.forEach((server) => server.thaw()),
    );
    expect(node.losses.flat()).toEqual(own.toSorted());
    await cluster.works();
    await eventually(() => node.broker.state === 'ready', { what: 'a ready broker', timeoutMs: 10_000 });
    await expectToWork(own);
  });

  it('is disconnected from when the broker is stopped', async () => {
    const clients = cluster.nodes.map(({ port }) => new Redis(port));
    const connections = async (): Promise<number> => {
      const lists = await Promise.all(clients.map((client) => client.client('LIST')));
      return String(lists).split('name=kittiwake').length - 1;
    };
    const node = await startNode();
    // Two to each primary.
    expect(await connections()).toBe(6);
    await node.broker.stop();
    await eventually(async () => (await connections()) === 0, { what: 'the end of the connections' });
    for (const client of clients) client.disconnect();
  });

  it('lets a start be stopped', async () => {
    const broker = newBroker({ connectTimeoutMs: 60_000 });
    for (const server of cluster.nodes) server.freeze();
    try {
      const starting = new Recorder(broker).start().catch((reason: unknown) => reason);
      await broker.stop();
      expect(await starting).toMatchObject({ message: expect.stringContaining('the broker was stopped') });
    } finally {
      for (const server of cluster.nodes) server.thaw();
    }
    await cluster.works();
  });

  it('stops the start when nothing listens, with an error that names it', async () => {
    const port = await freePort();
    const settings = { ...redisSettings({ url: 'redis://:s3cret@x' }), clusterNodes: [`localhost:${port}`] };
    const broker = new ShardedRedisBroker({ ...settings, partitions: PARTITIONS });
    await expect(new Recorder(broker).start()).rejects.toMatchObject({
      name: 'BrokerError',
      message: expect.stringMatching(/^Redis Cluster at localhost:\d+ cannot be reached: .*ECONNREFUSED/),
    });
  });
});

/** Some channel of a partition. */
function channelOf(partition: number, index = 0): string {
  for (let i = 0, left = index; ; i++) {
    const channel = `books.book_${i}`;
    if (partitionOf(channel, PARTITIONS) === partition && left-- === 0) return channel;
  }
}
