import {
  call,
  type Client,
  createClient,
  httpStream,
  type HttpStreamOptions,
  type Options,
  topic,
  type TopicEvent,
  type Transport,
  type TransportEvents,
  type TransportFactory,
  webSocket,
} from 'kittiwake-client';
import { fakeClock, type FakeClock } from 'kittiwake-client/testing';
import { beside } from '../src/transport/beside.js';
import { procedureOf } from '../../test/support/rpc.js';
import { TestGateway } from '../../test/support/gateway.js';
import { RedisServer } from '../../test/support/redis-server.js';
import { TcpProxy } from '../../test/support/tcp-proxy.js';
import { eventually } from '../../test/support/wait.js';
import { Procedures } from '../../src/procedures/procedures.js';

const WAIT = { timeoutMs: 20_000 };

describe('over plain HTTP, with a gateway', () => {
  let gateway: TestGateway;
  let proxy: TcpProxy;
  const clients: Client[] = [];
  beforeAll(async () => {
    gateway = await TestGateway.start({
      procedures: {},
      services: { books: { requireAuthentication: false, history: { size: 100 } } },
    });
    proxy = await TcpProxy.start(gateway.port);
    const echo = procedureOf('echo', (_, given: unknown) => given, { access: 'public', takes: ['given'] });
    gateway.app.get(Procedures).add(echo);
  });
  afterEach(() => clients.splice(0).forEach((client) => client.close()));
  afterAll(async () => {
    await proxy.stop();
    await gateway.stop();
  });

  function connect(options: Partial<Options> = {}): Client {
    const url = `ws://127.0.0.1:${proxy.port}/ws`;
    const client = createClient({ url, transports: [httpStream()], backOff: { baseMs: 20 }, ...options });
    clients.push(client);
    return client;
  }

  it('a client has all that it has over a WebSocket, and says goodbye', async () => {
    const client = connect();
    const events: TopicEvent[] = [];
    const book = topic(client, 'books.1');
    book.on('event', (event) => events.push(event));
    await book.ready();
    expect(client.info.transport).toBe('stream');
    const expected: unknown[] = [];
    for (let update = 1; update <= 20; update++) {
      if (update % 7 === 0) proxy.turnTo(gateway.port);
      const data = update % 5 === 0 ? '🐱\n\u2028'.repeat(30_000) : update;
      await gateway.publish({ subscription: 'books.1', data });
      expected.push(data);
    }
    await eventually(() => events.length >= 21, WAIT);
    expect(events.slice(1).map((event) => event.type === 'update' && event.data)).toEqual(expected);
    const given = Array.from({ length: 200 }, (_, n) => n);
    expect(await Promise.all(given.map((n) => call(client, 'echo', [n])))).toEqual(given);
    const long = 'x'.repeat(500_000);
    expect(await call(client, 'echo', [long])).toBe(long);
    client.close();
    await eventually(async () => (await gateway.metric('kittiwake_connections')) === 0, WAIT);
  });

  it('a client steps in where there is no WebSocket', async () => {
    const client = connect({ transports: [webSocket({ WebSocket: NoWebSocket }), httpStream()] });
    expect(await call(client, 'echo', [1])).toBe(1);
    expect(client.info.transport).toBe('stream');
  });

  it('a client polls where answers are held back', async () => {
    const held: HttpStreamOptions['fetch'] = async (url, init) => {
      const answer = await fetch(url, init);
      if (!url.includes('wait=') && init.method === 'POST' && answer.status === 200) await answer.text();
      return answer;
    };
    const client = connect({ transports: [httpStream({ fetch: held })] });
    const book = topic(client, 'books.2');
    const data: unknown[] = [];
    book.on('event', (event) => event.type === 'update' && data.push(event.data));
    await book.ready({ signal: AbortSignal.timeout(20_000) });
    expect(client.info.transport).toBe('poll');
    for (let n = 0; n < 10; n++) await gateway.publish({ subscription: 'books.2', data: n });
    expect(await call(client, 'echo', [1])).toBe(1);
    await eventually(() => data.length === 10, WAIT);
    expect(data).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  }, 40_000);
});

describe('over plain HTTP, with two gateways in turn', () => {
  it('a client has its calls run once and in order, and goes on at the other when one stops', async () => {
    const redis = await RedisServer.start();
    const called: unknown[] = [];
    const note = (_: unknown, n: unknown): void => void called.push(n);
    const start = async (): Promise<TestGateway> => {
      const broker = { kind: 'redis' as const, redis: { url: redis.url } };
      const gateway = await TestGateway.start({ procedures: {}, broker });
      gateway.app.get(Procedures).add(procedureOf('note', note, { access: 'public', takes: ['n'] }));
      return gateway;
    };
    const gateways = [await start(), await start()] as const;
    let turn = 0;
    /** From then on somebody else may have its port. */
    let isOneGone = false;
    const inTurns: HttpStreamOptions['fetch'] = (url, init) => {
      const gateway = isOneGone ? gateways[1] : gateways[turn++ % gateways.length]!;
      const { pathname, search } = new URL(url);
      return fetch(gateway.httpUrl + pathname + search, init);
    };
    const url = 'ws://gateway.test/ws';
    const client = createClient({
      url,
      transports: [httpStream({ fetch: inTurns })],
      backOff: { baseMs: 20 },
    });
    try {
      await client.connect();
      const numbers = Array.from({ length: 1000 }, (_, n) => n);
      for (let n = 0; n < numbers.length; n += 50)
        await Promise.all(numbers.slice(n, n + 50).map((one) => call(client, 'note', [one])));
      expect(called).toEqual(numbers);
      isOneGone = true;
      await gateways[0].stop();
      await eventually(() => client.state === 'waiting', WAIT);
      client.reconnect(); // rather than after the seconds over which clients spread
      await call(client, 'note', ['after'], { retry: true });
      expect(called.at(-1)).toBe('after');
    } finally {
      client.close();
      await gateways[1].stop();
      await redis.stop();
    }
  });
});

class NoWebSocket {
  constructor() {
    throw new Error('there is none');
  }
}

/** A transport of which a test says what it is told. */
class FakeTransport implements Transport {
  isClosed = false;
  readonly sent: string[] = [];

  constructor(
    readonly name: string,
    readonly events: TransportEvents,
  ) {}

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.isClosed = true;
  }
}

describe('two transports', () => {
  let clock: FakeClock;
  let opened: Record<string, FakeTransport>;
  let told: string[];
  let kept: Map<string, string>;
  beforeEach(() => {
    clock = fakeClock();
    opened = {};
    told = [];
    kept = new Map();
  });

  const fake =
    (name: string): TransportFactory =>
    (_, events) =>
      (opened[name] = new FakeTransport(name, events));

  function open(first = fake('first')): Transport {
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, text: string) => void kept.set(key, text),
    };
    const events = {
      frame: (text: string) => told.push(text),
      closed: (code: number) => told.push(`closed ${code}`),
    };
    return beside(first, fake('second'), clock, storage)('ws://gateway.test/ws', events);
  }

  it('the first has a head start, and stays with its first frame', async () => {
    const transport = open();
    await clock.advance(2999);
    opened['first']!.events.frame('hello');
    await clock.advance(60_000);
    transport.send('sent');
    expect([transport.name, told, opened['first']!.sent]).toEqual(['first', ['hello'], ['sent']]);
    expect([Object.keys(opened), [...kept]]).toEqual([['first'], [['kittiwake', '1']]]);
    expect(clock.timers).toBe(0);
    opened['first']!.events.closed(1006, '');
    expect(told).toEqual(['hello', 'closed 1006']);
  });

  it('the second begins after that, or when the first fails or cannot be made', async () => {
    open();
    await clock.advance(3000);
    expect(Object.keys(opened)).toEqual(['first', 'second']);
    open();
    opened = {};
    open();
    opened['first']!.events.closed(1006, '');
    expect(Object.keys(opened)).toEqual(['first', 'second']);
    opened = {};
    open(() => {
      throw new Error('not here');
    });
    expect(Object.keys(opened)).toEqual(['second']);
    expect(told).toEqual([]);
  });

  it('the one with the first frame stays, and the other is closed and heard no more', async () => {
    const transport = open();
    await clock.advance(3000);
    opened['second']!.events.frame('hello');
    opened['first']!.events.frame('hello too');
    opened['first']!.events.closed(1006, '');
    expect([transport.name, told, opened['first']!.isClosed]).toEqual(['second', ['hello'], true]);
    expect(opened['second']!.isClosed).toBe(false);
    transport.close();
    opened['second']!.events.frame('late');
    opened['second']!.events.closed(1006, '');
    expect([told, opened['second']!.isClosed]).toEqual([['hello'], true]);
  });

  it('fail when both have', async () => {
    open();
    opened['first']!.events.closed(1006, '');
    opened['second']!.events.closed(4429, '');
    opened['second']!.events.closed(1006, '');
    await clock.advance(60_000);
    expect([told, Object.keys(opened), clock.timers]).toEqual([['closed 4429'], ['first', 'second'], 0]);
    opened = {};
    open().close();
    await clock.advance(60_000);
    expect([Object.keys(opened), opened['first']!.isClosed]).toEqual([['first'], true]);
  });

  it('begin together for half an hour after the second was it', async () => {
    open();
    await clock.advance(3000);
    opened['second']!.events.frame('hello');
    opened = {};
    open();
    await clock.advance(0);
    expect(Object.keys(opened)).toEqual(['first', 'second']);
    opened['first']!.events.frame('hello'); // it has its chance
    opened = {};
    const later = open();
    await clock.advance(2999);
    expect(Object.keys(opened)).toEqual(['first']);
    later.close();
    kept.set('kittiwake', `${Date.now() - 1_800_001}`);
    opened = {};
    open();
    await clock.advance(2999);
    expect(Object.keys(opened)).toEqual(['first']);
  });
});

type Asked = Parameters<NonNullable<HttpStreamOptions['fetch']>>[1] & {
  readonly path: string;
  readonly answer: (status: number, text?: string) => void;
  readonly fail: () => void;
};

describe('a stream', () => {
  let clock: FakeClock;
  let asked: Asked[];
  let told: string[];
  let stream: { push(text: string): void; end(): void };
  let factory: TransportFactory;
  let transport: Transport;
  beforeEach(async () => {
    clock = fakeClock();
    [asked, told] = [[], []];
    factory = httpStream({
      clock,
      fetch: fetched,
      headers: () => ({ 'X-From': 'test' }),
      credentials: 'include',
    });
    await open();
    stream.push(':    \n\nevent: session\ndata: S\n\ndata: {"event":"hello"}\n\n');
    await clock.advance(0);
  });
  afterEach(() => transport.close());

  const fetched: NonNullable<HttpStreamOptions['fetch']> = (url, init) =>
    new Promise((resolve, reject) => {
      const { pathname, search } = new URL(url);
      const fail = (): void => reject(new TypeError('network'));
      init.signal?.addEventListener('abort', fail);
      const answer = (status: number, text = ''): void => {
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            stream = {
              push: (more) => controller.enqueue(new TextEncoder().encode(more)),
              end: () => controller.close(),
            };
          },
        });
        resolve({ status, body });
        if (text !== '') {
          stream.push(text);
          stream.end();
        }
      };
      asked.push({ ...init, path: pathname + search, answer, fail });
    });

  async function open(): Promise<void> {
    const events = {
      frame: (text: string) => told.push(text),
      closed: (code: number) => told.push(`closed ${code}`),
    };
    transport = factory('wss://gateway.test/ws?x=1', events);
    asked.pop()!.answer(200);
    await clock.advance(0);
  }

  /** The next request, which is alone. */
  async function next(): Promise<Asked> {
    await clock.advance(0);
    expect(asked).toHaveLength(1);
    return asked.pop()!;
  }

  it('brings frames whole, wherever they are cut, and answers comments', async () => {
    expect(told.splice(0)).toEqual(['{"event":"hello"}']);
    stream.push('data: {"a":\ndata: "é\u2028🐱"}\n');
    await clock.advance(0);
    expect(told).toEqual([]);
    stream.push('\n: \n\n');
    const beat = await next();
    expect([beat.method, beat.path, beat.body]).toEqual(['POST', '/ws/stream/S?n=0', '']);
    expect([beat.headers, beat.credentials]).toEqual([{ 'X-From': 'test' }, 'include']);
    expect(told).toEqual(['{"a":\n"é\u2028🐱"}']);
  });

  it('sends in order, one request at a time, each frame until it is taken', async () => {
    transport.send('0');
    const first = await next();
    transport.send('1');
    transport.send('x'.repeat(300_000));
    expect([first.path, first.body]).toEqual(['/ws/stream/S?n=0', '0']);
    first.fail();
    await clock.advance(0);
    expect(asked).toEqual([]);
    for (const status of [429, 503]) {
      await clock.advance(1000);
      const again = await next();
      expect([again.path, again.body]).toEqual(['/ws/stream/S?n=0', '0']);
      again.answer(status);
    }
    await clock.advance(1000);
    (await next()).answer(204);
    const second = await next();
    expect([second.path, second.body]).toEqual(['/ws/stream/S?n=1', '1']);
    second.answer(204);
    const third = await next();
    expect([third.path, third.body?.length]).toEqual(['/ws/stream/S?n=2', 300_000]);
    third.answer(204);
    await clock.advance(60_000);
    expect([asked, told]).toEqual([[], ['{"event":"hello"}']]);
  });

  it.each([
    [404, 1006],
    [409, 1006],
    [413, 1009],
  ])('ends when a request is answered %d, with %d', async (status, code) => {
    transport.send('0');
    transport.send('1');
    (await next()).answer(status);
    await clock.advance(60_000);
    expect([told.slice(1), asked, clock.timers]).toEqual([[`closed ${code}`], [], 0]);
  });

  it('ends with the code that the gateway gives, or as lost', async () => {
    stream.push('event: close\ndata: {"code":1012,"reason":"Please reconnect."}\n\n');
    await clock.advance(0);
    await open();
    stream.end();
    await clock.advance(0);
    expect(told.slice(1)).toEqual(['closed 1012', 'closed 1006']);
  });

  it('says goodbye, even with the page', async () => {
    transport.close();
    const goodbye = await next();
    expect([goodbye.method, goodbye.path, goodbye.keepalive]).toEqual(['DELETE', '/ws/stream/S', true]);
    stream.push('data: late\n\n');
    await clock.advance(60_000);
    expect([told, clock.timers]).toEqual([['{"event":"hello"}'], 0]);
  });

  it('is let go by a page that was not seen for a while, and begins in one that is seen', async () => {
    const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
    const show = (visibilityState: string): void => {
      document.visibilityState = visibilityState;
      document.dispatchEvent(new Event('visibilitychange'));
    };
    Object.assign(globalThis, { document });
    try {
      transport.close();
      asked.splice(0);
      await open();
      stream.push('event: session\ndata: S\n\n');
      show('hidden');
      await clock.advance(9999);
      show('visible');
      await clock.advance(60_000);
      show('hidden');
      stream.push('data: heard\n\n');
      await clock.advance(9999);
      expect(told.splice(0)).toEqual(['{"event":"hello"}', 'heard']);
      await clock.advance(1);
      expect(told.splice(0)).toEqual(['closed 1006']);
      const events = { frame: () => told.push('frame'), closed: () => told.push('closed') };
      transport = factory('wss://gateway.test/ws', events);
      await clock.advance(5000);
      expect(asked).toEqual([]);
      show('visible');
      expect((await next()).path).toBe('/ws/stream?&');
    } finally {
      Reflect.deleteProperty(globalThis, 'document');
    }
  });

  it('becomes polls after it was mute twice, which lose nothing', async () => {
    for (let mute = 0; mute < 2; mute++) {
      transport.close();
      asked.splice(0);
      await open();
      await clock.advance(4500);
      expect(told.pop()).toBe('closed 1006');
    }
    const events = {
      frame: (text: string) => told.push(text),
      closed: (code: number) => told.push(`closed ${code}`),
    };
    told = [];
    transport = factory('wss://gateway.test/ws?x=1', events);
    expect(transport.name).toBe('poll');
    const first = await next();
    expect(first.path).toBe('/ws/stream?wait=25&ack=0&x=1');
    first.answer(200, 'event: session\ndata: P\n\ndata: hello\n\nid: 1\n\n');
    const lost = await next();
    expect(lost.path).toBe('/ws/stream/P?wait=25&ack=1&x=1');
    lost.fail();
    await clock.advance(1000);
    const again = await next();
    expect(again.path).toBe(lost.path);
    again.answer(200, 'data: next\n\nid: 2\n\n');
    const last = await next();
    expect([last.path, told]).toEqual(['/ws/stream/P?wait=25&ack=2&x=1', ['hello', 'next']]);
    last.answer(404);
    await clock.advance(60_000);
    expect([told.at(-1), asked, clock.timers]).toEqual(['closed 1006', [], 0]);
  });
});
