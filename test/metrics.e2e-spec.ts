import type { KittiwakeOptions } from '../src/config/options.js';
import { Redis } from 'ioredis';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';
import { RedisServer } from './support/redis-server.js';
import { StubApp } from './support/stub-app.js';
import { deferred, eventually } from './support/wait.js';

const OPEN = { requireAuthentication: false };

const stopped = stoppedAfterEach();
let gateway: TestGateway;

async function start(options: KittiwakeOptions): Promise<void> {
  gateway = stopped(await TestGateway.start(options));
}

function connectClient(): Promise<TestClient> {
  return TestClient.connect(gateway.url);
}

async function series(url = `${gateway.operatorsUrl}/metrics`): Promise<string[]> {
  return (await (await fetch(url)).text()).split('\n');
}

/** The lines of series whose name begins so, in the order of the alphabet. */
async function seriesOf(prefix: string, url?: string): Promise<string[]> {
  return (await series(url)).filter((line) => line.startsWith(prefix)).toSorted();
}

/** Events of every kind, right and wrong. */
async function sendEvents(client: TestClient): Promise<void> {
  client
    .send({ event: 'ping' })
    .send({ event: 'ping', data: 'x' })
    .send({ event: 'auth', ticket: 't' })
    .send({ event: 'subscribe', subscription: 'books.1' })
    .send({ event: 'subscribe', subscription: 'books.1' })
    .send({ event: 'subscribe', subscription: 'nothing.1' })
    .send({ event: 'message', subscription: 'books.1', data: 1 })
    .send({ event: 'message', subscription: 'books.2', data: 1 })
    .send({ event: 'unsubscribe', subscription: 'books.1' })
    .send({ event: 'unsubscribe', subscription: 'books.1' })
    .send({ event: 'Ping' })
    .send({ event: '' })
    .send({ event: 1 })
    .send({ event: 'e'.repeat(41) })
    .send('null')
    .send('[{"event":"ping"}]')
    .send('not JSON')
    .send('{"event":"ping"')
    .send(Buffer.from([0xff]));
  await client.settled();
}

describe('the metrics', () => {
  it('are text in the format of Prometheus, with those of the process', async () => {
    await start({});
    const response = await fetch(`${gateway.operatorsUrl}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const lines = await series();
    for (const line of lines)
      expect(line).toMatch(/^$|^# (HELP|TYPE) \w+ .+$|^\w+(\{.+\})? ([\d.e+-]+|Nan)$/);
    const text = lines.join('\n');
    for (const name of [
      'nodejs_eventloop_lag_seconds',
      'process_resident_memory_bytes',
      'nodejs_version_info',
    ])
      expect(text).toContain(`# TYPE ${name} gauge\n`);
    expect(text).not.toContain('socketshark');
  });

  it('count connections, open ones and all, and why they ended', async () => {
    await start({});
    const [first, second] = [await connectClient(), await connectClient()];
    expect(await gateway.metric('kittiwake_connections')).toBe(2);
    await first.close();
    second.drop();
    const third = await connectClient();
    await eventually(async () => (await gateway.metric('kittiwake_connections')) === 1);
    expect(await gateway.metric('kittiwake_connections_total')).toBe(3);
    expect(await seriesOf('kittiwake_connections_closed_total')).toEqual([
      'kittiwake_connections_closed_total{reason="client"} 2',
    ]);
    await third.close();
  });

  it('say what this is, and that there are no triggers where RabbitMQ is not configured', async () => {
    await start({});
    expect(await seriesOf('kittiwake_build_info')).toEqual([
      expect.stringMatching(`^kittiwake_build_info{version="[^"]+",node="${process.versions.node}"} 1$`),
    ]);
    expect(await seriesOf('kittiwake_rabbitmq_ready')).toEqual(['kittiwake_rabbitmq_ready 0']);
  });

  it('count the subscriptions that there are', async () => {
    await start({ services: { books: OPEN } });
    const count = () => seriesOf('kittiwake_subscriptions');
    const client = await connectClient();
    const other = await connectClient();
    for (const subscription of ['books.1', 'books.2']) await client.ask({ event: 'subscribe', subscription });
    await other.ask({ event: 'subscribe', subscription: 'books.1' });
    await other.ask({ event: 'subscribe', subscription: 'books.1' });
    expect(await count()).toEqual([
      'kittiwake_subscriptions{kind="room"} 0',
      'kittiwake_subscriptions{kind="topic"} 3',
    ]);
    await client.ask({ event: 'unsubscribe', subscription: 'books.1' });
    await other.close();
    await eventually(async () => (await count())[1] === 'kittiwake_subscriptions{kind="topic"} 1');
  });

  it('count events by name and outcome', async () => {
    await start({ services: { books: OPEN } });
    await sendEvents(await connectClient());
    const count = (event: string, outcome: string, value: number) =>
      `kittiwake_events_total{event="${event}",outcome="${outcome}"} ${value}`;
    expect(await seriesOf('kittiwake_events_total')).toEqual([
      count('auth', 'error', 1),
      count('invalid', 'error', 4),
      count('message', 'error', 1),
      count('message', 'success', 1),
      count('ping', 'success', 3),
      count('subscribe', 'error', 2),
      count('subscribe', 'success', 1),
      count('unknown', 'error', 2),
      count('unsubscribe', 'error', 1),
      count('unsubscribe', 'success', 1),
    ]);
  });

  it('time callbacks by service, kind and outcome', async () => {
    const app = stopped(await StubApp.start());
    const url = (path: string) => `${app.url}/${path}`;
    await start({
      callbacks: { tries: 2, wait: '1ms' },
      services: {
        books: { ...OPEN, authorizer: url('authorizer'), onMessage: url('on_message') },
        films: { ...OPEN, beforeSubscribe: url('before_subscribe') },
      },
    });
    app
      .answer('/authorizer', { body: { status: 'error' } })
      .answer('/on_message', { status: 500 }, { status: 500 })
      .answer('/before_subscribe', { body: '[]' });
    const client = await connectClient();
    await client.ask({ event: 'subscribe', subscription: 'books.1' });
    await client.ask({ event: 'subscribe', subscription: 'books.1' });
    await client.ask({ event: 'message', subscription: 'books.1' });
    await client.ask({ event: 'subscribe', subscription: 'films.1' });
    const count = (service: string, callback: string, outcome: string) =>
      `kittiwake_callback_seconds_count{service="${service}",callback="${callback}",outcome="${outcome}"} 1`;
    expect(await seriesOf('kittiwake_callback_seconds_count')).toEqual([
      count('books', 'authorizer', 'ok'),
      count('books', 'authorizer', 'refused'),
      count('books', 'onMessage', 'unavailable'),
      count('films', 'beforeSubscribe', 'failed'),
    ]);
    const sum = await gateway.metric('kittiwake_callback_seconds_sum', { service: 'books' });
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThan(10);
    expect(await gateway.metric('kittiwake_callback_seconds_bucket', { le: '+Inf', service: 'books' })).toBe(
      3,
    );
  });

  it('time a callback with its tries and waits', async () => {
    const app = stopped(await StubApp.start());
    await start({
      callbacks: { tries: 2, wait: '100ms' },
      services: { books: { ...OPEN, authorizer: `${app.url}/authorizer` } },
    });
    app.answer('/authorizer', { status: 500 });
    const client = await connectClient();
    expect(await client.ask({ event: 'subscribe', subscription: 'books.1' })).toHaveProperty('status', 'ok');
    expect(await gateway.metric('kittiwake_callback_seconds_sum')).toBeGreaterThanOrEqual(0.1);
    expect(await gateway.metric('kittiwake_callback_seconds_count', { outcome: 'ok' })).toBe(1);
  });

  it('count publications, deliveries, and drops by reason', async () => {
    await start({ services: { books: { ...OPEN, extraFields: ['lang'], filterFields: ['lang'] } } });
    const [english, french] = [await connectClient(), await connectClient()];
    await english.ask({ event: 'subscribe', subscription: 'books.1', lang: 'en' });
    await french.ask({ event: 'subscribe', subscription: 'books.1', lang: 'fr' });
    const subscription = 'books.1';
    await gateway.publish([
      { subscription, data: 1, options: { order: 2 } },
      { subscription, data: 2, options: { order: 1 } },
      { subscription, data: 3, lang: 'en' },
      { subscription, data: 4, options: { throttle: 60 } },
      { subscription, data: 5, options: { throttle: 60 } },
      { subscription, data: 6, options: { throttle: 60 } },
      { subscription: 'books.nobody', data: 7 },
    ]);
    expect((await english.settled()).map(({ data }) => data)).toEqual([1, 3, 4]);
    expect((await french.settled()).map(({ data }) => data)).toEqual([1, 4]);
    expect(await seriesOf('kittiwake_publications')).toEqual([
      'kittiwake_publications_received_total 6',
      'kittiwake_publications_total{source="http"} 7',
    ]);
    expect(await seriesOf('kittiwake_deliveries_total')).toEqual(['kittiwake_deliveries_total 5']);
    expect(await seriesOf('kittiwake_drops_total')).toEqual([
      'kittiwake_drops_total{reason="filter"} 1',
      'kittiwake_drops_total{reason="order"} 2',
      'kittiwake_drops_total{reason="throttle"} 2',
    ]);
  });

  it('count what was held or kept back when it is delivered', async () => {
    const app = stopped(await StubApp.start());
    const answered = deferred();
    app.answer('/before_subscribe', {
      after: answered.promise,
      body: { status: 'ok', options: { order: 1 } },
    });
    await start({ services: { books: { ...OPEN, beforeSubscribe: `${app.url}/before_subscribe` } } });
    const client = await connectClient();
    client.send({ event: 'subscribe', subscription: 'books.1' });
    await app.requests('/before_subscribe');
    const subscription = 'books.1';
    await gateway.publish([
      { subscription, data: 'old', options: { order: 1 } },
      { subscription, data: 'held' },
    ]);
    expect(await gateway.metric('kittiwake_deliveries_total')).toBe(0);
    answered.resolve();
    expect([await client.next(), await client.next()]).toMatchObject([{ status: 'ok' }, { data: 'held' }]);
    expect(await gateway.metric('kittiwake_deliveries_total')).toBe(1);
    expect(await gateway.metric('kittiwake_drops_total', { reason: 'order' })).toBe(1);
    const options = { throttle: 0.1 };
    await gateway.publish([1, 2, 3].map((data) => ({ subscription, data, options })));
    expect([(await client.next()).data, (await client.next()).data]).toEqual([1, 3]);
    expect(await gateway.metric('kittiwake_deliveries_total')).toBe(3);
    expect(await gateway.metric('kittiwake_drops_total', { reason: 'throttle' })).toBe(1);
  });

  it('are not there when they are off', async () => {
    await start({ metrics: { enabled: false } });
    expect((await fetch(`${gateway.operatorsUrl}/metrics`)).status).toBe(404);
  });
});

describe('the metrics of a gateway on Redis', () => {
  it('say whether it is connected, and what was no publication', async () => {
    const redis = stopped(await RedisServer.start());
    await start({ services: { books: OPEN }, broker: { kind: 'redis', redis: { url: redis.url } } });
    expect(await gateway.metric('kittiwake_broker_ready')).toBe(1);
    const client = await connectClient();
    await client.ask({ event: 'subscribe', subscription: 'books.1' });
    const publisher = new Redis(redis.port);
    for (const text of ['not JSON', '{"subscription":"books.1"}', 'x'.repeat(1_050_000)])
      await publisher.publish('books.1', text);
    await publisher.publish('books.1', '{"subscription":"books.1","data":1}');
    publisher.disconnect();
    expect(await client.next()).toHaveProperty('data', 1);
    expect(await seriesOf('kittiwake_drops_total')).toEqual([
      'kittiwake_drops_total{reason="malformed"} 2',
      'kittiwake_drops_total{reason="oversized"} 1',
    ]);
    await redis.stop();
    await eventually(async () => (await gateway.metric('kittiwake_broker_ready')) === 0);
  });
});

describe("SocketShark's names", () => {
  it('tell the state, the connections and the events as SocketShark does', async () => {
    await start({ services: { books: OPEN }, metrics: { socketsharkNames: true } });
    const [first] = [await connectClient(), await connectClient()];
    await first.close();
    await eventually(async () => (await gateway.metric('kittiwake_connections')) === 1);
    await sendEvents(await connectClient());
    const count = (event: string, status: string, value: number) =>
      `socketshark_event_success_counter{event="${event}",status="${status}"} ${value}`;
    expect(await seriesOf('socketshark_')).toEqual([
      'socketshark_connection_count 2',
      'socketshark_connection_total 3',
      count('auth', 'error', 1),
      count('invalid', 'error', 4),
      count('message', 'error', 1),
      count('message', 'success', 1),
      count('ping', 'success', 3),
      count('subscribe', 'error', 2),
      count('subscribe', 'success', 1),
      count('unknown', 'error', 2),
      count('unsubscribe', 'error', 1),
      count('unsubscribe', 'success', 1),
      'socketshark_service_state 1',
    ]);
    const types = (await series()).filter((line) => line.startsWith('# TYPE socketshark_')).toSorted();
    expect(types).toEqual([
      '# TYPE socketshark_connection_count gauge',
      '# TYPE socketshark_connection_total counter',
      '# TYPE socketshark_event_success_counter counter',
      '# TYPE socketshark_service_state gauge',
    ]);
  });

  it('say 0 for the state while Redis is lost', async () => {
    const redis = stopped(await RedisServer.start());
    await start({
      metrics: { socketsharkNames: true },
      broker: { kind: 'redis', redis: { url: redis.url } },
    });
    const states: number[] = [await gateway.metric('socketshark_service_state')];
    await redis.stop();
    await eventually(async () => (await gateway.metric('socketshark_service_state')) === 0);
    await redis.restart();
    await eventually(async () => (await gateway.metric('socketshark_service_state')) === 1);
    expect(states).toEqual([1]);
  });

  it('say 0 for the state while the gateway drains', async () => {
    const app = stopped(await StubApp.start());
    const told = deferred();
    app.answer('/on_unsubscribe', { after: told.promise });
    await start({
      services: { books: { ...OPEN, onUnsubscribe: `${app.url}/on_unsubscribe` } },
      metrics: { socketsharkNames: true },
    });
    const url = `${gateway.operatorsUrl}/metrics`;
    expect(await seriesOf('socketshark_service_state', url)).toEqual(['socketshark_service_state 1']);
    const client = await connectClient();
    await client.ask({ event: 'subscribe', subscription: 'books.1' });
    const stop = gateway.stop();
    await app.requests('/on_unsubscribe');
    expect(await seriesOf('socketshark_service_state', url)).toEqual(['socketshark_service_state 0']);
    told.resolve();
    await stop;
  });
});
