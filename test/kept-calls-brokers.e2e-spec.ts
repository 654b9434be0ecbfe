import type { KittiwakeOptions } from '../src/config/options.js';
import { WorkersRelay } from '../src/broker/workers/workers.relay.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { FakeModel } from './support/fake-model.js';
import { TestGateway } from './support/gateway.js';
import { RedisCluster } from './support/redis-cluster.js';
import { RedisServer } from './support/redis-server.js';
import { rpcToken, SECRET, V1 } from './support/rpc.js';
import { eventually } from './support/wait.js';

const WAIT = { timeoutMs: 20_000 };
const stopped = stoppedAfterEach();

/** What two nodes have in common: settings of the broker, or a relay. */
interface World {
  readonly broker?: KittiwakeOptions['broker'];
  readonly relay?: string;
}

const WORLDS: Readonly<Record<string, () => Promise<World>>> = {
  workers: async () => ({ relay: stopped(await WorkersRelay.start()).path }),
  'two of Redis': async () => {
    const { url } = stopped(await RedisServer.start());
    const [redis, redisAlt] = ['main:', 'alternate:'].map((prefix) => ({ url, prefix }));
    return { broker: { kind: 'redis', redis: redis!, redisAlt: redisAlt! } };
  },
  'a Redis Cluster': async () => {
    const { addresses } = stopped(await RedisCluster.start({ nodeTimeoutMs: 10_000 }));
    return { broker: { kind: 'redis', redis: { clusterNodes: addresses, partitions: 8 } } };
  },
};

async function connect(node: TestGateway): Promise<TestClient> {
  const client = await TestClient.connect(node.url, [V1]);
  await client.ask({ event: 'auth', method: 'jwt', token: rpcToken({ user_id: 1 }) });
  return client;
}

it.each(Object.keys(WORLDS))(
  'a kept call is watched and ended on another node, over %s',
  async (name) => {
    const { broker, relay } = await WORLDS[name]!();
    const app = stopped(await FakeModel.start());
    const given: KittiwakeOptions = {
      auth: { jwt: { algorithms: ['HS256'], secret: SECRET, fields: { user_id: 'user_id' } } },
      ...(broker && { broker }),
      procedures: {
        remote: { answer: { url: `${app.url}/answer`, resumable: {} } },
        kept: { gather: '10ms' },
      },
    };
    const [a, b] = await Promise.all([TestGateway.start(given, relay), TestGateway.start(given, relay)]);
    for (const node of [a, b]) stopped(node);
    app.upTo = 4;
    const client = await connect(a);
    const start = { event: 'call', id: 1, procedure: 'answer', idempotency_key: 'k' };
    const { call } = await client.ask(start);
    await eventually(() => client.frames.length === 4, WAIT);
    client.drop();
    const watcher = await connect(b);
    expect((await watcher.ask(start)).call).toBe(call);
    app.upTo = 9;
    await eventually(() => watcher.frames.length === 9, WAIT);
    const texts = watcher.frames.map((frame) => (JSON.parse(frame) as { data: unknown }).data);
    expect(texts).toEqual(app.text.slice(0, 9));
    const other = await connect(b);
    expect(await other.ask({ event: 'cancel', id: 2, call })).toMatchObject({ status: 'ok' });
    await eventually(() => watcher.frames.at(-1)!.includes('call_cancelled'), WAIT);
    expect(app.runs).toHaveLength(1);
  },
  60_000,
);
