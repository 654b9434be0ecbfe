import { Redis } from 'ioredis';
import { Kittiwake } from '../src/kittiwake.js';
import type { KittiwakeOptions } from '../src/config/options.js';
import { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';
import { RedisServer } from './support/redis-server.js';
import { eventually } from './support/wait.js';

const TOPIC = 'books.1';

describe('two gateways on one Redis', () => {
  let redis: RedisServer;
  let publisher: Redis;
  let gateways: TestGateway[] = [];

  beforeAll(async () => {
    redis = await RedisServer.start();
    publisher = new Redis(redis.port);
  });
  afterEach(() => Promise.all(gateways.splice(0).map((gateway) => gateway.stop())));
  afterAll(async () => {
    publisher.disconnect();
    await redis.stop();
  });

  async function start(options: KittiwakeOptions = {}): Promise<TestGateway> {
    const gateway = await TestGateway.start({
      services: { books: { requireAuthentication: false } },
      broker: { kind: 'redis', redis: { url: redis.url } },
      ...options,
    });
    gateways.push(gateway);
    return gateway;
  }

  async function startTwo(): Promise<[TestGateway, TestGateway]> {
    return [await start(), await start()];
  }

  async function subscribe(gateway: TestGateway, topic = TOPIC): Promise<TestClient> {
    const client = await TestClient.connect(gateway.url);
    expect(await client.ask({ event: 'subscribe', subscription: topic })).toHaveProperty('status', 'ok');
    return client;
  }

  /** The data of so many deliveries; a further one would be seen. */
  async function delivered(client: TestClient, count: number): Promise<unknown[]> {
    const data: unknown[] = [];
    while (data.length < count) data.push((await client.next()).data);
    return [...data, ...(await client.settled())];
  }

  it('bring a publication by HTTP on either to the subscribers of both, once', async () => {
    const [left, right] = await startTwo();
    const clients = [await subscribe(left), await subscribe(left), await subscribe(right)];
    await left.publish({ subscription: TOPIC, data: 'by the left' });
    await right.publish({ subscription: TOPIC, data: 'by the right' });
    for (const client of clients) {
      expect((await delivered(client, 2)).toSorted()).toEqual(['by the left', 'by the right']);
    }
    expect(await left.metric('kittiwake_deliveries_total')).toBe(4);
    expect(await right.metric('kittiwake_deliveries_total')).toBe(2);
  });

  it('bring a PUBLISH of Redis to the subscribers of both, once, byte for byte', async () => {
    const clients = (await startTwo()).map((gateway) => subscribe(gateway));
    await Promise.all(clients);
    const data = '{"id":12345678901234567890,"price":1.0}';
    expect(await publisher.publish(TOPIC, `{"subscription":"${TOPIC}","data":${data}}`)).toBe(2);
    for (const client of await Promise.all(clients)) {
      expect(await client.text()).toContain(`"data":${data},`);
      expect(await client.settled()).toEqual([]);
    }
  });

  it('bring what one publishes in process to the other', async () => {
    const [left, right] = await startTwo();
    const client = await subscribe(right);
    await left.app.get(Kittiwake, { strict: false }).publish(TOPIC, { id: 1 }, { publishedAt: new Date(0) });
    expect(await client.next()).toMatchObject({ data: { id: 1 }, published_at: '1970-01-01T00:00:00+00:00' });
  });

  it('keep the order of each publisher, however it publishes', async () => {
    const [left, right] = await startTwo();
    const clients = [await subscribe(left), await subscribe(right)];
    const publications = (by: string) =>
      Array.from({ length: 300 }, (_, i) => ({ subscription: TOPIC, data: [by, i] }));
    const overHttp = async (gateway: TestGateway, by: string): Promise<void> => {
      const all = publications(by);
      while (all.length > 0) await gateway.publish(all.splice(0, 50));
    };
    const overRedis = publications('redis').map((one) => publisher.publish(TOPIC, JSON.stringify(one)));
    await Promise.all([overHttp(left, 'left'), overHttp(right, 'right'), ...overRedis]);
    for (const client of clients) {
      const data = (await delivered(client, 900)) as [string, number][];
      for (const by of ['left', 'right', 'redis']) {
        const numbers = data.filter(([from]) => from === by).map(([, number]) => number);
        expect(numbers).toEqual(Array.from({ length: 300 }, (_, i) => i));
      }
    }
  });

  it('listen only on channels that their own clients use, once each', async () => {
    const [left, right] = await startTwo();
    const clients = [await subscribe(left), await subscribe(left), await subscribe(right, 'books.2')];
    expect(await publisher.pubsub('NUMSUB', TOPIC, 'books.2')).toEqual([TOPIC, 1, 'books.2', 1]);
    await clients[0]!.close();
    clients[2]!.drop();
    await eventually(async () => (await publisher.pubsub('CHANNELS', 'books*')).join() === TOPIC);
    await clients[1]!.ask({ event: 'unsubscribe', subscription: TOPIC });
    await eventually(async () => (await publisher.pubsub('CHANNELS', 'books*')).length === 0);
  });

  it('go on when the other one stops', async () => {
    const [left, right] = await startTwo();
    const [gone, client] = [await subscribe(left), await subscribe(right)];
    await left.stop();
    expect(await gone.untilClosed()).toEqual({ code: 1000, reason: '' });
    await right.publish({ subscription: TOPIC, data: 'after' });
    expect(await client.next()).toHaveProperty('data', 'after');
    expect(await publisher.pubsub('NUMSUB', TOPIC)).toEqual([TOPIC, 1]);
  });

  it('do not hear each other behind different prefixes', async () => {
    const left = await start({ broker: { kind: 'redis', redis: { url: redis.url, prefix: 'left:' } } });
    const right = await start({ broker: { kind: 'redis', redis: { url: redis.url, prefix: 'right:' } } });
    const [leftClient, rightClient] = [await subscribe(left), await subscribe(right)];
    await left.publish({ subscription: TOPIC, data: 'left' });
    await publisher.publish(`right:${TOPIC}`, `{"subscription":"${TOPIC}","data":"right"}`);
    expect(await delivered(leftClient, 1)).toEqual(['left']);
    expect(await delivered(rightClient, 1)).toEqual(['right']);
  });
});
