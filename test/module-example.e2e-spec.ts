import { type INestApplication, Logger } from '@nestjs/common';
import { createApp } from '../examples/nest-app/app.js';
import { ChatGateway } from '../examples/nest-app/chat.gateway.js';
import { TestClient } from './support/client.js';
import { API_KEY } from './support/gateway.js';
import { KeptLog, TestApp } from './support/nest-app.js';
import { eventually } from './support/wait.js';

const BOOK = { id: '1', title: 'The Birds of the Cliffs', price: 20, version: 1 };

describe.each(['express', 'fastify'] as const)('the example app on %s', (platform) => {
  let app: INestApplication;
  let shop: TestApp;
  let log: KeptLog;
  const clients: TestClient[] = [];

  beforeEach(async () => {
    process.env.API_KEY = API_KEY;
    log = new KeptLog();
    Logger.overrideLogger(log);
    app = await createApp(platform);
    shop = await TestApp.listen(app);
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.drop();
    await shop.stop();
    delete process.env.API_KEY;
  });

  async function connect(path: string): Promise<TestClient> {
    const client = await TestClient.connect(`ws://127.0.0.1:${shop.port}${path}`);
    clients.push(client);
    return client;
  }

  async function authenticated(user = 'ben'): Promise<TestClient> {
    const { body } = await shop.fetch('POST', '/tickets', { user });
    const client = await connect('/ws');
    const { ticket } = body as { ticket: string };
    expect(await client.ask({ event: 'auth', ticket })).toEqual({ event: 'auth', status: 'ok' });
    return client;
  }

  async function subscribed(user?: string): Promise<TestClient> {
    const client = await authenticated(user);
    const { status } = await client.ask({ event: 'subscribe', subscription: 'books.1' });
    expect(status).toBe('ok');
    return client;
  }

  it('keeps its REST API', async () => {
    expect(await shop.fetch('GET', '/books/1')).toEqual({ status: 200, body: BOOK });
    expect((await shop.fetch('GET', '/books/2')).status).toBe(404);
    expect((await shop.fetch('PUT', '/books/1', { price: -1 })).status).toBe(400);
  });

  it('refuses an unknown ticket, and one that was used', async () => {
    const { body } = await shop.fetch('POST', '/tickets', { user: 'ben' });
    const { ticket } = body as { ticket: string };
    const [first, second] = [await connect('/ws'), await connect('/ws')];
    const refusal = { event: 'auth', status: 'error', error: 'Authentication failed.' };
    expect(await second.ask({ event: 'auth', ticket: `${ticket}x` })).toEqual(refusal);
    expect(await first.ask({ event: 'auth', ticket })).toMatchObject({ status: 'ok' });
    expect(await second.ask({ event: 'auth', ticket })).toEqual(refusal);
  });

  it('gives a subscriber the state, then what the REST API changes', async () => {
    const client = await authenticated();
    expect(await client.ask({ event: 'subscribe', subscription: 'books.1' })).toEqual({
      event: 'subscribe',
      subscription: 'books.1',
      status: 'ok',
      data: BOOK,
    });
    const changed = { ...BOOK, price: 25, version: 2 };
    expect(await shop.fetch('PUT', '/books/1', { price: 25 })).toEqual({ status: 200, body: changed });
    expect(await client.next()).toMatchObject({ event: 'message', data: changed });
  });

  it('does not let a publication that is older than the state through', async () => {
    const client = await subscribed();
    await shop.publish({ subscription: 'books.1', data: 'old', options: { order: 1 } });
    await shop.publish({ subscription: 'books.1', data: 'new', options: { order: 2 } });
    expect(await client.next()).toMatchObject({ data: 'new' });
  });

  it('answers messages with the fields of the ticket and of the authorizer', async () => {
    const question = { event: 'message', subscription: 'books.1', data: { copies: 2 } };
    for (const [user, cost] of [
      ['ann', 36],
      ['ben', 40],
    ] as const) {
      const client = await subscribed(user);
      expect(await client.ask(question)).toMatchObject({ status: 'ok', data: { cost } });
    }
  });

  it('refuses messages that break the rules of their class', async () => {
    const client = await subscribed();
    const question = { event: 'message', subscription: 'books.1', data: { copies: 1.5 } };
    expect(await client.ask(question)).toEqual({
      event: 'message',
      subscription: 'books.1',
      status: 'error',
      error: 'copies must be an integer number',
    });
  });

  it('refuses a subscription with the text of the service', async () => {
    const client = await authenticated();
    expect(await client.ask({ event: 'subscribe', subscription: 'books.2' })).toMatchObject({
      status: 'error',
      error: 'No such book.',
    });
  });

  it('passes what is published over HTTP on with every digit', async () => {
    const client = await subscribed();
    const text = '{"subscription":"books.1","data":{"id":12345678901234567890,"price":1.50}}';
    expect(await shop.publish(text)).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await client.text()).toContain('"data":{"id":12345678901234567890,"price":1.50},');
  });

  it('keeps its own gateway, which ignores what it does not know', async () => {
    const client = await connect('/chat?room=1');
    client.send({ event: 'nothing' }).send('not JSON');
    expect(await client.ask({ event: 'say', data: 'hello' })).toEqual({ event: 'said', data: 'hello' });
    expect(app.get(ChatGateway).present).toBe(1);
    await client.close();
    await eventually(() => app.get(ChatGateway).present === 0, { what: 'the disconnect hook' });
  });

  it('refuses WebSockets on other paths', async () => {
    expect(await TestClient.refusal(`ws://127.0.0.1:${shop.port}/other`)).toBe(404);
  });

  it('stops with clients of both gateways connected', async () => {
    const [topics, chat] = [await subscribed(), await connect('/chat')];
    await chat.ask({ event: 'say', data: 'hello' });
    await shop.stop();
    expect(await topics.untilClosed()).toEqual({ code: 1000, reason: '' });
    expect((await chat.untilClosed()).code).toBe(1006);
    expect(app.get(ChatGateway).present).toBe(0);
    await expect(fetch(shop.httpUrl)).rejects.toThrow('fetch failed');
    expect(log.errors).toEqual([]);
  });
});
