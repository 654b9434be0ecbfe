import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { KittiwakeOptions } from '../src/config/options.js';
import { Connections } from '../src/connection/connections.js';
import { Hub } from '../src/delivery/hub.js';
import { Sessions } from '../src/topics/sessions.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestGateway } from './support/gateway.js';
import { answer, HttpApp, type AppRequest } from './support/http-app.js';
import { RedisServer } from './support/redis-server.js';
import { eventually } from './support/wait.js';

const TOPIC = 'books.1';
const SEED = 20_261_120;
const CLIENTS = 200;
const BATCH = 20;
const CHANGES_PER_BATCH = 6;
const MAX_APP_DELAY_MS = 4;
/** Ten seconds on two free cores. */
const TIMEOUT_MS = 60_000;

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The app: a state that publications change, and that new subscribers are given. */
class Counter {
  value = 0;
  readonly asked = { '/before': 0, '/begun': 0, '/ended': 0 };

  constructor(private readonly random: () => number) {}

  /** The state is read when the request comes in; by the time of the answer it may be an old one. */
  async answer(request: AppRequest): Promise<string> {
    this.asked[request.path as keyof typeof this.asked]++;
    const { value } = this;
    await delay(this.random() * MAX_APP_DELAY_MS);
    return request.path === '/before'
      ? `{"status":"ok","data":${value},"options":{"order":${value}}}`
      : '{"status":"ok"}';
  }
}

/** A client that subscribes, unsubscribes and vanishes, and sees that it misses nothing while it is subscribed. */
class Subscriber {
  /** The order of what came last, while it is subscribed. */
  last: number | undefined;
  private isAsking = false;
  private webSocket: WebSocket | undefined;

  constructor(
    private readonly url: string,
    private readonly faults: string[],
  ) {}

  async connect(): Promise<void> {
    const webSocket = new WebSocket(this.url);
    this.webSocket = webSocket;
    webSocket.on('message', (frame: Buffer) => {
      if (webSocket === this.webSocket) this.receive(frame.toString());
    });
    webSocket.on('close', (code) => {
      if (webSocket === this.webSocket) this.faults.push(`closed with ${code}`);
    });
    await once(webSocket, 'open');
    this.ask('subscribe');
  }

  /** Does what the dice say: subscribes or unsubscribes, or vanishes and comes back. */
  async change(dice: number): Promise<void> {
    if (dice < 0.2) {
      this.leave();
      await this.connect();
    } else if (!this.isAsking) this.ask(this.last === undefined ? 'subscribe' : 'unsubscribe');
  }

  /** @param isPolite closes the connection; otherwise it is cut. */
  leave(isPolite = false): void {
    const { webSocket } = this;
    this.webSocket = undefined;
    this.last = undefined;
    if (isPolite) webSocket?.close();
    else webSocket?.terminate();
  }

  private ask(event: 'subscribe' | 'unsubscribe'): void {
    this.isAsking = true;
    this.webSocket?.send(`{"event":"${event}","subscription":"${TOPIC}"}`);
  }

  private receive(text: string): void {
    if (text.startsWith('{"event":"message"')) {
      this.deliver(Number.parseInt(text.slice(text.indexOf('"data":') + 7), 10));
      return;
    }
    const { event, status, data } = JSON.parse(text) as { event: string; status: string; data?: number };
    this.isAsking = false;
    if (status !== 'ok') this.faults.push(text);
    this.last = event === 'subscribe' ? data : undefined;
  }

  private deliver(order: number): void {
    if (this.last === undefined) this.faults.push(`${order} while not subscribed`);
    else if (order !== this.last + 1) this.faults.push(`${order} after ${this.last}`);
    this.last = order;
  }
}

describe('a topic of many publications and of clients that come and go', () => {
  const stopped = stoppedAfterEach();
  let faults: string[];
  let random: () => number;
  let counter: Counter;
  let gateway: TestGateway;

  beforeEach(() => {
    faults = [];
    random = randomOf(SEED);
    counter = new Counter(randomOf(SEED + 1));
  });

  async function start(broker: NonNullable<KittiwakeOptions['broker']>): Promise<void> {
    const app = stopped(
      await HttpApp.start((response, request) => {
        void counter.answer(request).then((text) => answer(response, text));
      }),
    );
    const callbacks = {
      beforeSubscribe: `${app.origin}/before`,
      onSubscribe: `${app.origin}/begun`,
      onUnsubscribe: `${app.origin}/ended`,
    };
    gateway = stopped(
      await TestGateway.start({
        broker,
        services: { books: { requireAuthentication: false, ...callbacks } },
      }),
    );
  }

  async function publishBatch(): Promise<void> {
    const batch = Array.from({ length: BATCH }, () => {
      const order = ++counter.value;
      return { subscription: TOPIC, data: order, options: { order } };
    });
    const response = await gateway.publish(batch);
    const { results } = (await response.json()) as { results: { status: string }[] };
    if (results.some(({ status }) => status !== 'ok')) faults.push(JSON.stringify(results));
  }

  /** Publishes while the clients change, and waits until all who are subscribed have the last of it. */
  async function publishAll(publications: number, subscribers: readonly Subscriber[]): Promise<void> {
    while (counter.value < publications) {
      await publishBatch();
      for (let i = 0; i < CHANGES_PER_BATCH; i++) {
        await subscribers[Math.floor(random() * subscribers.length)]!.change(random());
      }
      if (faults.length > 0) return;
    }
    await eventually(() => subscribers.every(({ last }) => last === undefined || last === publications), {
      what: 'the last publication, at every subscriber',
    }).catch((error: Error) => faults.push(error.message));
  }

  /** Nothing of a client is left in the gateway, and the app was told of the end of all that it was told begins. */
  async function expectNothingLeft(): Promise<void> {
    const left = (): number[] => [
      gateway.app.get(Connections, { strict: false }).count,
      gateway.app.get(Sessions, { strict: false }).count,
      gateway.app.get(Hub, { strict: false }).channelCount,
      counter.asked['/begun'] - counter.asked['/ended'],
    ];
    await eventually(() => left().every((count) => count === 0)).catch(() => undefined);
    expect(left()).toEqual([0, 0, 0, 0]);
    expect(await gateway.metric('kittiwake_connections')).toBe(0);
    expect(counter.asked['/begun']).toBe(counter.asked['/before']);
  }

  async function soak(publications: number): Promise<void> {
    const before = process.getActiveResourcesInfo().length;
    const subscribers = Array.from({ length: CLIENTS }, () => new Subscriber(gateway.url, faults));
    await Promise.all(subscribers.map((subscriber) => subscriber.connect()));
    await publishAll(publications, subscribers);
    expect(faults).toEqual([]);
    expect(subscribers.filter(({ last }) => last === publications).length).toBeGreaterThan(CLIENTS / 4);
    for (const [index, subscriber] of subscribers.entries()) subscriber.leave(index % 2 === 0);
    await expectNothingLeft();
    await gateway.stop();
    await eventually(() => process.getActiveResourcesInfo().length <= before).catch(() => undefined);
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before);
    expect(faults).toEqual([]);
  }

  it(
    'misses nothing, repeats nothing and leaves nothing behind: in memory',
    async () => {
      await start({ kind: 'memory' });
      await soak(10_000);
    },
    TIMEOUT_MS,
  );

  it(
    'misses nothing, repeats nothing and leaves nothing behind: on Redis',
    async () => {
      const redis = stopped(await RedisServer.start());
      await start({ kind: 'redis', redis: { url: redis.url } });
      await soak(2_000);
    },
    TIMEOUT_MS,
  );
});
