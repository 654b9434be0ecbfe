import { KITTIWAKE_V1 } from '../src/protocol/sub-protocol.js';
import type { TestClient } from './support/client.js';
import { stageOfFile } from './support/topics.js';

const OK = { event: 'auth', status: 'ok' };
const REFUSED = { event: 'auth', status: 'error', error: 'Authentication failed.' };
const BROKEN = { event: 'auth', status: 'error', error: 'Unhandled exception.' };
const UNSUPPORTED = { event: 'auth', status: 'error', error: 'Authentication method unsupported.' };

const stage = stageOfFile((app) => ({
  auth: { ticket: { url: `${app}/ticket`, fields: ['session_id', 'user_id'], headers: { 'X-Key': 'k' } } },
  services: {
    books: { requireAuthentication: false, filterFields: ['user_id'], onMessage: `${app}/message` },
    closed: {},
  },
}));

function accept(fields: object): void {
  stage.app.answer('/ticket', { body: { status: 'ok', ...fields } });
}

describe('a ticket', () => {
  it('is validated by a request that holds it and nothing else', async () => {
    const client = await stage.connect();
    accept({ session_id: 's', user_id: 'u', name: 'not for the client' });

    expect(await client.ask({ event: 'auth', method: 'ticket', ticket: 'T', user_id: 'x', data: 1 })).toEqual(
      OK,
    );

    const [asked] = await stage.app.requests('/ticket');
    expect(asked).toMatchObject({
      text: '{"ticket":"T"}',
      headers: { 'content-type': 'application/json', 'x-key': 'k' },
    });
    expect(await client.settled()).toEqual([]);
  });

  it.each([
    '"T"',
    '" "',
    '"0"',
    '5',
    '-0.5',
    'true',
    '[0]',
    '[[]]',
    '{"a":null}',
    '12345678901234567890',
    '1.0',
  ])('is passed on as it is: %s', async (ticket) => {
    const client = await stage.connect();
    accept({ session_id: 's', user_id: 'u' });
    expect(await client.ask(`{"event": "auth", "ticket": ${ticket} }`)).toEqual(OK);
    expect(stage.app.asked.map(({ text }) => text)).toEqual([`{"ticket":${ticket}}`]);
  });

  it.each(['null', '""', '0', '-0', '0.0', '0e5', 'false', '[]', '{}', '[ ]', '{\n}'])(
    'is missing when it is %s',
    async (ticket) => {
      const client = await stage.connect();
      expect(await client.ask(`{"event":"auth","ticket":${ticket}}`)).toEqual({
        event: 'auth',
        status: 'error',
        error: 'Must specify ticket.',
      });
      expect(stage.app.asked).toEqual([]);
    },
  );

  it('is missing when there is none', async () => {
    const client = await stage.connect();
    expect(await client.ask({ event: 'auth' })).toMatchObject({ error: 'Must specify ticket.' });
  });
});

describe('the method', () => {
  it.each([
    null,
    '',
    'Ticket',
    'ticket ',
    'jwt',
    'constructor',
    '__proto__',
    5,
    true,
    [],
    ['ticket'],
    {},
    { ticket: 1 },
  ])('is unsupported when it is %j, and the session goes on', async (method) => {
    const client = await stage.connect();
    expect(await client.ask({ event: 'auth', method, ticket: 'T' })).toEqual(UNSUPPORTED);
    expect(await client.settled()).toEqual([]);
    expect(stage.app.asked).toEqual([]);
  });
});

describe('a validation', () => {
  it.each([
    {},
    { status: 'error' },
    { status: 'OK' },
    { status: 'ok ' },
    { status: true },
    { status: ['ok'] },
    { status: null },
    { ok: 'status' },
    { status: 'error', data: { secret: 1 }, user_id: 'u' },
  ])('that answers %j refuses', async (fields) => {
    const client = await stage.connect();
    stage.app.answer('/ticket', { body: { session_id: 's', user_id: 'u', ...fields } });
    expect(await client.ask({ event: 'auth', ticket: 'T' })).toEqual(REFUSED);
    expect(await client.ask({ event: 'subscribe', subscription: 'closed.1' })).toMatchObject({
      error: 'Authentication required.',
    });
  });

  it.each(['Who are you?', '', null, 0, false, [], { text: 'Who?' }])(
    'refuses with its own error %j, never with data',
    async (error) => {
      const client = await stage.connect();
      stage.app.answer('/ticket', { body: { status: 'error', error, data: { hint: 1 } } });
      expect(await client.ask({ event: 'auth', ticket: 'T' })).toEqual({
        event: 'auth',
        status: 'error',
        error,
      });
    },
  );

  it('accepts with any spelling of "ok"', async () => {
    const client = await stage.connect();
    stage.app.answer('/ticket', { body: '{"status":"\\u006fk","session_id":"s","user_id":"u"}' });
    expect(await client.ask({ event: 'auth', ticket: 'T' })).toEqual(OK);
  });

  it.each([
    ['a field is missing', { body: { status: 'ok', session_id: 's' } }],
    ['it is not an object', { body: [{ status: 'ok' }] }],
    ['it is null', { body: null }],
    ['it is not JSON', { body: '{"status":"ok"' }],
    ['it is empty', { body: '' }],
  ])('is an internal failure when %s', async (_, answer) => {
    const client = await stage.connect();
    stage.app.answer('/ticket', answer);
    expect(await client.ask({ event: 'auth', ticket: 'T' })).toEqual(BROKEN);
    expect((await client.untilClosed()).code).toBe(1000);
    expect(stage.app.paths).toEqual(['/ticket']);
  });

  it('that cannot be had after three tries leaves the session as it was', async () => {
    const client = await stage.connect();
    stage.app.answer(
      '/ticket',
      { status: 500 },
      { headers: { 'Content-Type': 'text/html' } },
      { status: 404 },
    );
    expect(await client.ask({ event: 'auth', ticket: 'T' })).toEqual({
      event: 'auth',
      status: 'error',
      error: 'Service unavailable.',
    });
    expect(stage.app.paths).toEqual(['/ticket', '/ticket', '/ticket']);
    expect(await client.settled()).toEqual([]);
  });
});

describe('the fields of an identity', () => {
  async function fieldsInCallback(client: Awaited<ReturnType<typeof stage.connect>>): Promise<unknown> {
    client.send({ event: 'message', subscription: 'books.1', data: 1 });
    await client.settled();
    return stage.app.asked.at(-1)?.body;
  }

  it('are the configured ones, null among them', async () => {
    const client = await stage.authenticated({ session_id: null, user_id: { id: [1] }, role: 'admin' });
    await stage.subscriber('books.1', {}, client);
    expect(await fieldsInCallback(client)).toEqual({
      subscription: 'books.1',
      session_id: null,
      user_id: { id: [1] },
      data: 1,
    });
  });

  it('are replaced by those of a new ticket, for subscriptions that exist too', async () => {
    const client = await stage.authenticated({ session_id: 's1', user_id: 'u1' });
    await stage.subscriber('books.1', {}, client);
    await stage.authenticated({ session_id: 's2', user_id: 'u2' }, client);

    expect(await fieldsInCallback(client)).toMatchObject({ session_id: 's2', user_id: 'u2' });
    await stage.publish('books.1', 'old', { user_id: 'u1' });
    await stage.publish('books.1', 'new', { user_id: 'u2' });
    expect(await client.next()).toMatchObject({ event: 'message', data: 'new' });
    expect(await client.settled()).toEqual([]);
  });

  it.each([
    ['refused', { body: { status: 'error', session_id: 's2', user_id: 'u2' } }, REFUSED],
    ['not validated', { status: 500 }, { ...REFUSED, error: 'Service unavailable.' }],
  ])('stay when a new ticket is %s', async (_, answer, reply) => {
    const client = await stage.authenticated({ session_id: 's1', user_id: 'u1' });
    await stage.subscriber('books.1', {}, client);
    stage.app.answer('/ticket', answer, answer, answer);

    expect(await client.ask({ event: 'auth', ticket: 'T' })).toEqual(reply);

    expect(await fieldsInCallback(client)).toMatchObject({ session_id: 's1', user_id: 'u1' });
    await stage.subscriber('closed.1', {}, client);
  });
});

describe('without a ticket method', () => {
  const bare = stageOfFile(() => ({ services: { books: {} } }));

  it('every method is unsupported, the default too', async () => {
    const client = await bare.connect();
    expect(await client.ask({ event: 'auth', ticket: 'T' })).toEqual(UNSUPPORTED);
    expect(await client.ask({ event: 'auth', method: 'ticket' })).toEqual(UNSUPPORTED);
  });
});

// 2,000 forged tokens on one connection were all looked at, one after the other.
describe('a client that is refused again and again', () => {
  const ask = (client: TestClient): Promise<unknown> =>
    client.ask({ event: 'auth', method: 'ticket', ticket: 'T' });

  const refuse = (times: number): void => {
    stage.app.answer('/ticket', ...Array.from({ length: times }, () => ({ body: { status: 'error' } })));
  };

  it.each([[[]], [[KITTIWAKE_V1]]])('is told five times, then closed with 4401: %j', async (protocols) => {
    refuse(20);
    const client = await stage.connect(...protocols);
    const event = { event: 'auth', ticket: 'T' };
    for (let i = 0; i < 20; i++) client.send(event);
    expect(await client.untilClosed()).toMatchObject({
      code: 4401,
      reason: 'Authentication failed too often.',
    });
    for (let i = 0; i < 5; i++) expect(await client.next()).toMatchObject(REFUSED);
    expect(stage.app.paths).toHaveLength(5);
  });

  it('begins to count again once it has been accepted', async () => {
    const client = await stage.connect();
    refuse(4);
    for (let i = 0; i < 4; i++) expect(await ask(client)).toEqual(REFUSED);
    accept({ session_id: 's', user_id: 'u' });
    expect(await ask(client)).toEqual(OK);
    refuse(4);
    for (let i = 0; i < 4; i++) expect(await ask(client)).toEqual(REFUSED);
    expect(await client.settled()).toEqual([]);
  });

  it('is not closed for what is no proof at all, and costs nothing', async () => {
    const client = await stage.connect();
    for (let i = 0; i < 20; i++) client.send({ event: 'auth', method: 'unknown' });
    expect(await client.settled()).toHaveLength(20);
  });
});
