import { Redis } from 'ioredis';
import type { KittiwakeOptions } from '../src/config/options.js';
import { TestGateway } from './support/gateway.js';
import { PRESENT_AUTH, PresentClient } from './support/present-client.js';
import { RedisServer } from './support/redis-server.js';
import { BUILD_TIMEOUT_MS, ensureBuilt, ServerProcess } from './support/server-process.js';
import { eventually } from './support/wait.js';

const SERVICES = {
  chat: { presence: { grace: '200ms', show: 'members' as const } },
  patient: { presence: { grace: '1m', show: 'members' as const } },
};

describe('who is present, as nodes on one Redis know it', () => {
  let redis: RedisServer;
  let client: Redis;
  let left: TestGateway;
  let right: TestGateway;
  let topic = '';
  let tests = 0;
  const present: PresentClient[] = [];

  const options = (): KittiwakeOptions => ({
    auth: PRESENT_AUTH,
    services: SERVICES,
    broker: { kind: 'redis', redis: { url: redis.url } },
    ledger: { lease: '600ms', beat: '200ms' },
  });

  beforeAll(async () => {
    await ensureBuilt();
    redis = await RedisServer.start();
    client = new Redis(redis.url);
    [left, right] = await Promise.all([TestGateway.start(options()), TestGateway.start(options())]);
  }, BUILD_TIMEOUT_MS);
  beforeEach(() => {
    topic = `chat.room_${++tests}`;
  });
  afterEach(() => {
    expect(present.flatMap(({ faults }) => faults)).toEqual([]);
    for (const one of present.splice(0)) one.client.drop();
  });
  afterAll(async () => {
    await Promise.all([left.stop(), right.stop()]);
    client.disconnect();
    await redis.stop();
  });

  async function enter(url: string, user: string): Promise<PresentClient> {
    const one = await PresentClient.enter(url, topic, user);
    present.push(one);
    return one;
  }

  it('is the same on both, with tabs on either', async () => {
    const ann = await enter(left.url, 'ann');
    const bob = await enter(right.url, 'bob');
    expect(bob.keys).toEqual(['ann', 'bob']);
    await ann.sees('ann', 'bob');
    const tab = await enter(left.url, 'bob');
    bob.client.drop();
    await enter(right.url, 'eve');
    await ann.sees('ann', 'bob', 'eve');
    tab.client.drop();
    await ann.sees('ann', 'eve');
  });

  it('survives a reload from one to the other', async () => {
    topic = 'patient.1';
    const ann = await enter(left.url, 'ann');
    const bob = await enter(left.url, 'bob');
    await ann.sees('ann', 'bob');
    bob.client.drop();
    await eventually(async () => (await left.metric('kittiwake_connections')) === 1);
    const eve = await enter(right.url, 'eve');
    await ann.sees('ann', 'bob', 'eve');
    await enter(right.url, 'bob');
    await eve.client.ask({ event: 'unsubscribe', subscription: topic });
    await ann.sees('ann', 'bob');
    expect(ann.told.flatMap(({ leave = [] }) => leave)).toEqual(['eve']);
  });

  it('loses those of a node that was killed, once, and nobody else', async () => {
    const ann = await enter(left.url, 'ann');
    const node = await ServerProcess.start({ config: options() });
    await enter(node.url, 'bob');
    await enter(node.url, 'ann');
    const eve = await enter(node.url, 'eve');
    await ann.sees('ann', 'bob', 'eve');
    await enter(right.url, 'eve');
    await node.stop();
    await ann.sees('ann', 'eve');
    expect(eve.keys).toEqual(['ann', 'bob', 'eve']);
    expect(ann.told.flatMap(({ leave = [] }) => leave)).toEqual(['bob']);
    expect(await client.hlen(`{kw}:pc:kittiwake:presence:topic:${topic.replace('.', '%2E')}`)).toBe(3);
  });

  it('is written again when Redis has forgotten it, and nobody is told of a leave', async () => {
    const ann = await enter(left.url, 'ann');
    await enter(right.url, 'bob');
    await ann.sees('ann', 'bob');
    await client.flushall();
    const eve = await enter(right.url, 'eve');
    await ann.sees('ann', 'bob', 'eve');
    await eve.sees('ann', 'bob', 'eve');
    const late = await enter(left.url, 'joe');
    expect(late.keys).toEqual(['ann', 'bob', 'eve', 'joe']);
    expect(ann.told.flatMap(({ leave = [] }) => leave)).toEqual([]);
  });

  it('is written again when Redis has forgotten it and nobody comes', async () => {
    const ann = await enter(left.url, 'ann');
    await enter(right.url, 'bob');
    await ann.sees('ann', 'bob');
    await client.flushall();
    const key = `{kw}:pm:kittiwake:presence:topic:${topic.replace('.', '%2E')}`;
    await eventually(async () => (await client.hlen(key)) === 3, { timeoutMs: 7_000, what: 'both' });
    expect(ann.told.flatMap(({ leave = [] }) => leave)).toEqual([]);
  });

  it('goes on after a break of the connection to Redis', async () => {
    const ann = await enter(left.url, 'ann');
    await ann.sees('ann');
    const closed = ann.client.untilClosed();
    await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await closed;
    await eventually(() => enter(right.url, 'bob'));
    const again = await eventually(() => enter(left.url, 'ann'));
    await again.sees('ann', 'bob');
  });
});
