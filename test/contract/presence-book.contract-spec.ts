import { Redis } from 'ioredis';
import { RedisBroker } from '../../src/broker/redis/redis.broker.js';
import { WorkersBroker } from '../../src/broker/workers/workers.broker.js';
import { WorkersRelay } from '../../src/broker/workers/workers.relay.js';
import { RedisServer } from '../support/redis-server.js';
import { eventually } from '../support/wait.js';
import { BROKER_WORLDS } from './broker-worlds.js';
import { member, presenceBookContract } from './presence-book.contract.js';
import { redisSettings } from './redis-settings.js';

for (const [name, enter] of Object.entries(BROKER_WORLDS)) presenceBookContract(name, enter);

describe('what Redis has of who is present', () => {
  let server: RedisServer;
  let node: RedisBroker;
  let client: Redis;

  beforeAll(async () => {
    server = await RedisServer.start();
    client = new Redis(server.url);
    node = new RedisBroker(redisSettings(server, { prefix: 'test:' }));
    await node.start({ received: () => undefined, stateChanged: () => undefined });
  });
  afterAll(async () => {
    await node.stop();
    client.disconnect();
    await server.stop();
  });

  const write = (channel: string, ...connections: string[]): Promise<number> =>
    node.presence.write(
      channel,
      connections.map((connection) => ({ connection, member: member('ann') })),
      10,
    );

  it.each(['pc', 'pm'])('begins anew when one of its two keys is gone: %s', async (key) => {
    const channel = `presence:books.${key}`;
    await write(channel, 'c1');
    const { number } = await node.presence.read(channel, 10);
    await client.del(`test:{kw}:${key}:${channel}`);
    await write(channel, 'c2');
    const page = await node.presence.read(channel, 10);
    expect(page).toMatchObject({ count: 1, members: [member('ann')] });
    expect(page.number).toBeGreaterThan(number + 1);
    await node.presence.write(channel, [{ connection: 'c2', member: undefined }], 10);
    expect(await client.exists(`test:{kw}:pc:${channel}`, `test:{kw}:pm:${channel}`)).toBe(0);
  });

  it('goes through in one order, however much is written at once', async () => {
    const channel = 'presence:books.many';
    const writes = Array.from({ length: 500 }, (_, i) => write(channel, `c${i % 7}`));
    const ends = Array.from({ length: 7 }, (_, i) =>
      node.presence.write(channel, [{ connection: `c${i}`, member: undefined }], 10),
    );
    await Promise.all([...writes, ...ends]);
    expect(await node.presence.read(channel, 10)).toEqual({ number: 0, count: 0, members: [] });
  });
});

describe('what a worker process has written of who is present', () => {
  it('is taken out when it ends', async () => {
    const relay = await WorkersRelay.start();
    const [one, other] = [new WorkersBroker(relay.path), new WorkersBroker(relay.path)];
    for (const node of [one, other])
      await node.start({ received: () => undefined, stateChanged: () => undefined });
    await one.presence.write('presence:books.b', [{ connection: 'c1', member: member('ann') }], 10);
    await other.presence.write('presence:books.b', [{ connection: 'c2', member: member('bob') }], 10);
    await one.stop();
    await eventually(async () => (await other.presence.read('presence:books.b', 10)).count === 1, {
      what: 'the end',
    });
    expect((await other.presence.read('presence:books.b', 10)).members).toEqual([member('bob')]);
    await other.stop();
    await relay.stop();
  });
});
