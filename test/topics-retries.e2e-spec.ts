import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Answer } from './support/stub-app.js';
import { stageOfFile, stageOfTest } from './support/topics.js';

const V1 = 'kittiwake.v1.json';
const MESSAGE = { event: 'message', subscription: 'books.1' };

const stage = stageOfFile((app) => ({
  callbacks: { wait: '10ms', timeout: '150ms', rateLimitHeaders: ['X-Rate-Limit-Reset', 'Retry-After'] },
  services: { books: { requireAuthentication: false, onMessage: `${app}/message` } },
}));

/** What a client gets for a message that the app answers like this. */
async function replyTo(...answers: Answer[]): Promise<Record<string, unknown>[]> {
  const client = await stage.subscriber('books.1');
  stage.app.answer('/message', ...answers);
  return client.send({ ...MESSAGE, data: 1 }).settled();
}

describe('a try', () => {
  it.each<[string, Answer]>([
    ['status 500', { status: 500 }],
    ['status 408', { status: 408 }],
    ['status 302', { status: 302, headers: { Location: '/message' } }],
    ['HTML', { headers: { 'Content-Type': 'text/html' } }],
    ['text that looks like JSON', { headers: { 'Content-Type': 'text/json' } }],
    ['no answer in time', { after: new Promise(() => undefined) }],
    ['status 429 with a short wait', { status: 429, headers: { 'x-rate-limit-reset': '0.02' } }],
    ['status 429 without a wait', { status: 429 }],
    ['status 429 with a negative wait', { status: 429, headers: { 'X-Rate-Limit-Reset': '-100' } }],
    ['status 429 with no number', { status: 429, headers: { 'X-Rate-Limit-Reset': 'NaN' } }],
    ['status 429 with the wait in the second header', { status: 429, headers: { 'retry-after': '0' } }],
  ])('fails with %s, and the next may succeed', async (_, failure) => {
    expect(await replyTo(failure, { body: { status: 'ok', data: 'second' } })).toEqual([
      { ...MESSAGE, status: 'ok', data: 'second' },
    ]);
    expect(stage.app.asked.map(({ text }) => text)).toEqual(
      Array(2).fill('{"subscription":"books.1","data":1}'),
    );
  });

  it('is followed by two others at most', async () => {
    const failure = { status: 503, body: { status: 'error', error: 'not for the client' } };
    expect(await replyTo(failure, failure, failure)).toEqual([
      { ...MESSAGE, status: 'error', error: 'Service unavailable.' },
    ]);
    expect(stage.app.paths).toEqual(['/message', '/message', '/message']);
  });
});

describe('a client that is told that the app could not be asked', () => {
  const busy = { status: 429, headers: { 'retry-after': '0.02' } };

  it.each([
    [[V1], { code: 'service_unavailable', retry_after: 1 }],
    [[], {}],
  ])('of %j hears when the app has said to come back', async (protocols, more) => {
    const client = await stage.subscriber('books.1', {}, await stage.connect(...protocols));
    stage.app.answer('/message', busy, busy, busy);
    const text = { ...MESSAGE, status: 'error', error: 'Service unavailable.', ...more };
    expect(await client.ask({ ...MESSAGE, data: 1 })).toEqual(text);
  });
});

describe('an app that cuts connections', () => {
  const cut = stageOfTest(() => ({
    services: { down: { requireAuthentication: false, beforeSubscribe: `http://127.0.0.1:${port}/` } },
  }));
  const app = createServer((socket) => {
    connections++;
    socket.once('data', () => socket.destroy());
  });
  let connections = 0;
  let port = 0;

  beforeAll(async () => {
    await once(app.listen(0, '127.0.0.1'), 'listening');
    ({ port } = app.address() as AddressInfo);
  });

  afterAll(() => app.close());

  it('is unavailable after three tries, and the connection goes on', async () => {
    const client = await cut.connect();
    const reply = {
      event: 'subscribe',
      subscription: 'down.1',
      status: 'error',
      error: 'Service unavailable.',
    };
    expect(await client.ask({ event: 'subscribe', subscription: 'down.1' })).toEqual(reply);
    expect(connections).toBe(3);
    expect(await client.settled()).toEqual([]);
  });
});

describe('the wait that an answer with status 429 asks for', () => {
  const patient = stageOfFile((app) => ({
    callbacks: { wait: '5m' },
    services: { books: { requireAuthentication: false, onMessage: `${app}/message` } },
  }));

  it('takes the place of the usual one', async () => {
    const client = await patient.subscriber('books.1');
    patient.app.answer('/message', { status: 429, headers: { 'X-RATE-LIMIT-RESET': '0.05' } });
    patient.app.answer('/message', { body: { status: 'ok', data: 'second' } });
    expect(await client.ask(MESSAGE)).toEqual({ ...MESSAGE, status: 'ok', data: 'second' });
  });

  it('is for the next try alone', async () => {
    const startedMs = performance.now();
    const limited = { status: 429, headers: { 'X-Rate-Limit-Reset': '0.5' } };
    expect(await replyTo(limited, { status: 429 }, { body: { status: 'ok', data: 'third' } })).toEqual([
      { ...MESSAGE, status: 'ok', data: 'third' },
    ]);
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThan(490);
    expect(tookMs).toBeLessThan(1000);
  });
});
