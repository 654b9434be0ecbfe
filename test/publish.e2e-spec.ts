import type { KittiwakeOptions } from '../src/config/options.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { API_KEY, TestGateway } from './support/gateway.js';
import { RedisServer } from './support/redis-server.js';
import { eventually } from './support/wait.js';

const SERVICES = { books: { requireAuthentication: false } };
const OK = { status: 'ok' };

const stopped = stoppedAfterEach();
let gateway: TestGateway;
let client: TestClient;

async function start(options: KittiwakeOptions = {}): Promise<void> {
  gateway = stopped(await TestGateway.start({ services: SERVICES, ...options }));
  client = await TestClient.connect(gateway.url);
  await client.ask({ event: 'subscribe', subscription: 'books.1' });
}

function error(text: string): { status: string; error: string } {
  return { status: 'error', error: text };
}

/** Status and body of the answer to a publish request. */
async function published(
  body: unknown,
  headers: Record<string, string> = {},
): Promise<[number, Record<string, unknown>]> {
  const response = await gateway.publish(body, headers);
  return [response.status, (await response.json()) as Record<string, unknown>];
}

/** The data of what the client was delivered so far. */
async function delivered(): Promise<unknown[]> {
  return (await client.settled()).map(({ data }) => data);
}

function bytesOf(body: Buffer): Promise<Response> {
  return fetch(`${gateway.httpUrl}/publish`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${API_KEY}` },
    body: new Uint8Array(body),
  });
}

describe('one publication over HTTP', () => {
  beforeEach(() => start());

  it('is answered with 200 and delivered', async () => {
    expect(await published({ subscription: 'books.1', data: { title: 'T' } })).toEqual([200, OK]);
    expect(await delivered()).toEqual([{ title: 'T' }]);
    expect(await gateway.metric('kittiwake_publications_total', { source: 'http' })).toBe(1);
  });

  it('passes its data on byte for byte', async () => {
    const data = String.raw`{"b":1.0,"a":[1e400,0.10,-0,12345678901234567890],"a":"\u00e9é\/","":null}`;
    await published(`{"data": ${data} ,"subscription":"books.1"}`);
    expect(await client.text()).toContain(`"subscription":"books.1","data":${data},"received_at":`);
  });

  it('needs no content type, and accepts any', async () => {
    const text = '{"subscription":"books.1","data":1}';
    expect((await bytesOf(Buffer.from(text))).status).toBe(200);
    for (const type of ['text/plain', 'application/json; charset=utf-8', 'application/vnd.api+json']) {
      expect(await published(text, { 'Content-Type': type })).toEqual([200, OK]);
    }
    expect(await delivered()).toEqual([1, 1, 1, 1]);
  });

  it('may have nobody to go to', async () => {
    expect(await published({ subscription: 'books.nobody', data: 1 })).toEqual([200, OK]);
    expect(await delivered()).toEqual([]);
  });

  it.each([
    ['text that is not JSON', '{"subscription":"books.1","data":1', /^not JSON at position 34$/],
    ['no object', '"books.1"', /^a publication must be a JSON object$/],
    ['no subscription', { data: 1 }, /^"subscription" must be a string$/],
    ['a subscription that is no text', { subscription: 1, data: 1 }, /^"subscription" must be a string$/],
    ['no data', { subscription: 'books.1' }, /"data" is missing/],
    [
      'an unknown service',
      { subscription: 'films.1', data: 1 },
      /"subscription" must be .* configured service/,
    ],
    ['the wrong case in a key', { Subscription: 'books.1', data: 1 }, /"subscription" must be a string/],
    ['the wrong case in a service', { subscription: 'Books.1', data: 1 }, /"subscription" must be/],
    ['no topic', { subscription: 'books.', data: 1 }, /"subscription" must be/],
  ])('is refused with 400 that says where: %s', async (_case, body, text) => {
    expect(await published(body)).toEqual([400, { status: 'error', error: expect.stringMatching(text) }]);
    expect(await delivered()).toEqual([]);
    expect(await gateway.metric('kittiwake_publications_total')).toBe(0);
  });

  it('is refused with 400 when the body is empty or not UTF-8', async () => {
    const responses = [await bytesOf(Buffer.alloc(0)), await bytesOf(Buffer.from([0x22, 0xff, 0x22]))];
    const answers = await Promise.all(responses.map(async (one) => [one.status, await one.json()]));
    expect(answers).toEqual([
      [400, error('the body is empty')],
      [400, error('the body is not UTF-8')],
    ]);
  });

  it('is only taken by POST', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const headers = { Authorization: `Bearer ${API_KEY}` };
      expect((await fetch(`${gateway.httpUrl}/publish`, { method, headers })).status).toBe(404);
    }
  });
});

describe('a list of publications over HTTP', () => {
  it('is answered with a result for each, in order, and those that are right are delivered', async () => {
    await start();
    const batch = [
      { subscription: 'books.1', data: 'first' },
      { subscription: 'books.1' },
      'books.1',
      { subscription: 'films.1', data: 1 },
      { subscription: 'books.1', data: 'last' },
    ];
    const [status, { results }] = await published(batch);
    expect(status).toBe(200);
    expect(results).toEqual([
      OK,
      error('item 1: "data" is missing'),
      { status: 'error', error: expect.stringMatching(/^item 2: a publication must be a JSON object/) },
      { status: 'error', error: expect.stringMatching(/^item 3: "subscription" must be/) },
      OK,
    ]);
    expect(await delivered()).toEqual(['first', 'last']);
    expect(await gateway.metric('kittiwake_publications_total', { source: 'http' })).toBe(2);
  });

  it('passes the data of each on byte for byte', async () => {
    await start();
    await published(
      ' [ {"data":12345678901234567890,"subscription":"books.1"},{"subscription":"books.1","data":1.0}]',
    );
    expect(await client.text()).toContain('"data":12345678901234567890,');
    expect(await client.text()).toContain('"data":1.0,');
  });

  it('may be empty', async () => {
    await start();
    expect(await published([])).toEqual([200, { results: [] }]);
  });

  it('is refused as a whole with 400 when it is not JSON', async () => {
    await start();
    const text = '[{"subscription":"books.1","data":1},{"subscription":"books.1","data":1]';
    expect(await published(text)).toEqual([
      400,
      { status: 'error', error: expect.stringMatching(/^the body is not JSON at position 71$/) },
    ]);
    expect(await delivered()).toEqual([]);
  });

  it('is refused as a whole with 413 when it is too long', async () => {
    await start({ publish: { maxBatch: 2 } });
    const item = { subscription: 'books.1', data: 1 };
    expect(await published([item, item])).toEqual([200, { results: [OK, OK] }]);
    expect(await published([item, item, item])).toEqual([
      413,
      error('a batch must not hold more than 2 publications'),
    ]);
    expect(await delivered()).toEqual([1, 1]);
  });
});

describe('a body over HTTP', () => {
  it('is refused with 413 above its limit', async () => {
    await start({ publish: { maxBodyBytes: '1KiB' } });
    const head = '{"subscription":"books.1","data":"';
    const body = (bytes: number) => `${head}${'d'.repeat(bytes - head.length - 2)}"}`;
    expect(await published(body(1024))).toEqual([200, OK]);
    expect((await published(body(1025)))[0]).toBe(413);
    expect(await delivered()).toHaveLength(1);
  });
});

describe('who may publish over HTTP', () => {
  const publication = { subscription: 'books.1', data: 1 };

  it('is whoever has one of the keys', async () => {
    const other = 'another-key-of-sixteen-or-more';
    await start({ publish: { apiKeys: [API_KEY, other] } });
    for (const Authorization of [`Bearer ${other}`, `bearer  ${API_KEY} `]) {
      expect(await published(publication, { Authorization })).toEqual([200, OK]);
    }
  });

  it('is nobody else: 401 tells nothing more', async () => {
    await start();
    const wrong = [
      '',
      API_KEY,
      `Basic ${API_KEY}`,
      'Bearer',
      `Bearer ${API_KEY}x`,
      `Bearer ${API_KEY.toUpperCase()}`,
    ];
    for (const Authorization of wrong) {
      expect(await published(publication, { Authorization })).toEqual([
        401,
        error('a valid API key is required'),
      ]);
    }
    expect(await delivered()).toEqual([]);
  });

  it('is nobody when it is off: 404, with a key too', async () => {
    await start({ publish: { enabled: false } });
    expect((await gateway.publish(publication)).status).toBe(404);
    expect(await delivered()).toEqual([]);
  });
});

describe('publications per second', () => {
  it('are limited: those above are refused with 429, batches as a whole', async () => {
    await start({ publish: { maxPerSecond: 5 } });
    const item = { subscription: 'books.1', data: 1 };
    const refused: unknown[] = [];
    let taken = 0;
    // Two seconds may be touched, not three: at most ten are taken.
    for (let i = 0; i < 12; i++) {
      const [status, body] = await published(item);
      if (status === 200) taken++;
      else refused.push([status, body]);
    }
    expect(taken).toBeGreaterThanOrEqual(5);
    expect(taken).toBeLessThanOrEqual(10);
    expect(new Set(refused.map((one) => JSON.stringify(one)))).toEqual(
      new Set([JSON.stringify([429, error('too many publications')])]),
    );
    expect((await published([item, item, item, item, item, item]))[0]).toBe(429);
    expect(await delivered()).toHaveLength(taken);
    await eventually(async () => (await published(item))[0] === 200, { what: 'the next second' });
  });
});

describe('a broker that is lost', () => {
  it('is answered with 503, for each item of a list', async () => {
    const redis = stopped(await RedisServer.start());
    await start({ broker: { kind: 'redis', redis: { url: redis.url } } });
    expect(await published({ subscription: 'books.1', data: 1 })).toEqual([200, OK]);
    await redis.stop();
    await client.untilClosed();
    const unavailable = error('the broker is not available');
    expect(await published({ subscription: 'books.1', data: 1 })).toEqual([503, unavailable]);
    expect(await published([{ subscription: 'books.1', data: 1 }, { data: 1 }])).toEqual([
      200,
      { results: [unavailable, { status: 'error', error: expect.stringContaining('item 1: ') }] },
    ]);
  });
});
