import { KEPT, LIVE, Stage } from './support/topics.js';
import type { TestClient } from './support/client.js';

const V1 = 'kittiwake.v1.json';
const TOPIC = 'books.1';
const POSITION = expect.stringMatching(/^[\w-]+\.\d+$/) as string;

const stage = new Stage((app) => ({
  services: {
    books: {
      requireAuthentication: false,
      history: { size: 5, ttl: '1m' },
      beforeSubscribe: `${app}/before`,
      authorizer: `${app}/authorizer`,
    },
    lists: {
      requireAuthentication: false,
      history: { size: 50 },
      extraFields: ['list'],
      filterFields: ['list'],
    },
    plain: { requireAuthentication: false },
  },
}));

beforeAll(() => stage.start());
afterEach(() => stage.clear());
afterAll(() => stage.stop());

async function publish(data: unknown, more: object = {}): Promise<string> {
  const response = await stage.gateway.publish({ subscription: TOPIC, data, ...more });
  return ((await response.json()) as { position: string }).position;
}

/** A client that has subscribed and follows positions, and the reply. */
async function subscribed(
  members: object = { recover: true },
): Promise<[TestClient, Record<string, unknown>]> {
  const client = await stage.connect(V1);
  return [client, await client.ask({ event: 'subscribe', subscription: TOPIC, ...members })];
}

describe('a client that follows positions', () => {
  it('is told where it begins, and the position of each message', async () => {
    const [client, reply] = await subscribed();
    expect(reply).toEqual({ event: 'subscribe', subscription: TOPIC, status: 'ok', position: POSITION });
    const position = await publish('a');
    expect(await client.next()).toEqual({
      event: 'message',
      subscription: TOPIC,
      data: 'a',
      position,
      ...LIVE,
    });
  });

  it('gets what it has missed, once and in order, and then what is live', async () => {
    const [client] = await subscribed();
    await publish('a');
    const { position } = await client.next();
    client.drop();
    const positions = [await publish('b'), await publish('c')];
    const [again, reply] = await subscribed({ position });
    expect(reply).toEqual({ event: 'subscribe', subscription: TOPIC, status: 'ok', recovered: true });
    positions.push(await publish('d'));
    const message = (data: string, at: number): object => ({
      event: 'message',
      subscription: TOPIC,
      data,
      position: positions[at],
    });
    expect(await again.next()).toEqual({ ...message('b', 0), ...KEPT });
    expect(await again.next()).toEqual({ ...message('c', 1), ...KEPT });
    expect(await again.next()).toEqual({ ...message('d', 2), ...LIVE });
  });

  it('is told that too much was published, and gets the state', async () => {
    const [client, { position }] = await subscribed();
    client.drop();
    for (let i = 0; i < 6; i++) await publish(i);
    stage.app.answer('/before', { body: { status: 'ok', data: 'state' } });
    const [, reply] = await subscribed({ position });
    expect(reply).toMatchObject({
      recovered: false,
      reason: 'gap_too_long',
      data: 'state',
      position: POSITION,
    });
  });

  it.each(['gone.1', 'no position', ''])('is told that the position is lost: %j', async (position) => {
    const [, reply] = await subscribed({ position });
    expect(reply).toMatchObject({
      status: 'ok',
      recovered: false,
      reason: 'position_lost',
      position: POSITION,
    });
  });

  it.each([1, {}, 'x'.repeat(65)])('is refused with what cannot be a position: %j', async (position) => {
    const [, reply] = await subscribed({ position });
    expect(reply).toMatchObject({ status: 'error', code: 'invalid_position' });
  });

  it('is authorized first', async () => {
    const [client, { position }] = await subscribed();
    client.drop();
    await publish('secret');
    stage.app.answer('/authorizer', { body: { status: 'error', error: 'No.' } });
    const [again, reply] = await subscribed({ position });
    expect(reply).toMatchObject({ status: 'error', error: 'No.' });
    expect(await again.settled()).toEqual([]);
  });

  it('has the service asked whether it needs a state', async () => {
    const [, { position }] = await subscribed();
    await subscribed({ position });
    const bodies = (await stage.app.requests('/before', 2)).map(({ body }) => body);
    expect(bodies.map(({ recovered }) => recovered)).toEqual([false, true]);
  });

  it('loses nothing when it is cut off between the reply and the messages', async () => {
    const [client, { position }] = await subscribed();
    client.drop();
    await publish('a');
    const [second, reply] = await subscribed({ position });
    expect(reply).not.toHaveProperty('position');
    second.drop();
    const [third] = await subscribed({ position });
    expect(await third.next()).toMatchObject({ data: 'a' });
  });
});

describe('what a client that comes back gets', () => {
  it('passes its filter', async () => {
    const ask = { event: 'subscribe', subscription: 'lists.1', list: 'x' };
    const client = await stage.connect(V1);
    const { position } = await client.ask({ ...ask, recover: true });
    client.drop();
    for (const list of ['x', 'y', 'x']) await publish(list, { subscription: 'lists.1', list });
    const again = await stage.connect(V1);
    expect(await again.ask({ ...ask, position })).toMatchObject({ recovered: true });
    expect(await again.settled()).toMatchObject([{ data: 'x' }, { data: 'x' }]);
  });

  it('is not older than what it had', async () => {
    const [client] = await subscribed();
    await publish('new', { options: { order: 2 } });
    const { position } = await client.next();
    client.drop();
    await publish('old', { options: { order: 1 } });
    await publish('newest', { options: { order: 3 } });
    const [again] = await subscribed({ position });
    expect(await again.settled()).toMatchObject([{ data: 'newest' }]);
  });

  it('is the last of what is throttled, of each key', async () => {
    const [client, { position }] = await subscribed();
    client.drop();
    const throttled = (key: string): object => ({ options: { throttle: 0.05, throttle_key: key } });
    await publish(1, throttled('a'));
    await publish(2, throttled('b'));
    await publish(3, throttled('a'));
    const [again] = await subscribed({ position });
    expect(await again.settled()).toMatchObject([{ data: 2 }, { data: 3 }]);
  });
});

describe('while something is kept back by throttling', () => {
  it('messages have no position, and one is told when it has gone out', async () => {
    const [client] = await subscribed();
    const throttled = { options: { throttle: 0.2, throttle_key: 'a' } };
    await publish(1, throttled);
    expect(await client.next()).toMatchObject({ data: 1, position: POSITION });
    const kept = await publish(2, throttled);
    const last = await publish(3);
    expect(await client.next()).toEqual({ event: 'message', subscription: TOPIC, data: 3, ...LIVE });
    expect(await client.next()).toEqual({ event: 'message', subscription: TOPIC, data: 2, ...KEPT });
    expect(await client.next()).toEqual({ event: 'position', subscription: TOPIC, position: last });
    expect(kept < last).toBe(true);
  });
});

describe('a client that is cut off while something is kept back for it', () => {
  it('gets that when it comes back', async () => {
    const [client] = await subscribed();
    const throttled = { options: { throttle: 60, throttle_key: 'a' } };
    await publish(1, throttled);
    const { position } = await client.next();
    await publish(2, throttled);
    await publish(3);
    const later = await client.next();
    expect(later).toMatchObject({ data: 3 });
    expect(later).not.toHaveProperty('position');
    client.drop();
    const [again] = await subscribed({ position });
    expect(await again.settled()).toMatchObject([{ data: 2 }, { data: 3 }]);
  });
});

describe('whoever does not ask for positions', () => {
  it.each([[[]], [[V1]]])('has none: %j', async (protocols) => {
    const client = await stage.connect(...protocols);
    const reply = await client.ask({ event: 'subscribe', subscription: TOPIC });
    expect(reply).toEqual({ event: 'subscribe', subscription: TOPIC, status: 'ok' });
    await publish('a');
    expect(await client.next()).toEqual({ event: 'message', subscription: TOPIC, data: 'a', ...LIVE });
  });

  it('has none without the sub-protocol, whatever is asked', async () => {
    const client = await stage.connect();
    const reply = await client.ask({ event: 'subscribe', subscription: TOPIC, recover: true, position: 1 });
    expect(reply).toEqual({ event: 'subscribe', subscription: TOPIC, status: 'ok' });
  });

  it('has none of a service without a history', async () => {
    const client = await stage.connect(V1);
    const ask = { event: 'subscribe', subscription: 'plain.1' };
    expect(await client.ask({ ...ask, recover: true })).toEqual({ ...ask, status: 'ok' });
    const again = await stage.connect(V1);
    const reply = await again.ask({ ...ask, position: 'a.1' });
    expect(reply).toEqual({ ...ask, status: 'ok', recovered: false, reason: 'position_lost' });
    expect(await (await stage.gateway.publish({ subscription: 'plain.1', data: 1 })).json()).toEqual({
      status: 'ok',
    });
  });
});
