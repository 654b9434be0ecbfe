import type { Answer } from './support/stub-app.js';
import { stageOfFile } from './support/topics.js';

const stage = stageOfFile((app) => ({
  services: {
    books: {
      requireAuthentication: false,
      extraFields: ['extra'],
      authorizer: `${app}/authorizer`,
      beforeSubscribe: `${app}/before`,
      onSubscribe: `${app}/on`,
      onMessage: `${app}/message`,
      beforeUnsubscribe: `${app}/before-end`,
      onUnsubscribe: `${app}/on-end`,
      headers: { 'X-Api-Key': 'k' },
    },
    secured: { requireAuthentication: false, onMessage: `${app.replace('//', '//al%40x:p%3Ass@')}/message` },
    silent: { requireAuthentication: false },
  },
}));

const MESSAGE = { event: 'message', subscription: 'books.1' };

/** What a client gets for a message that the app answers like this. */
async function replyTo(...answers: Answer[]): Promise<Record<string, unknown>[]> {
  const client = await stage.subscriber('books.1');
  await client.settled();
  stage.app.asked.length = 0;
  stage.app.answer('/message', ...answers);
  return client.send({ ...MESSAGE, data: 1 }).settled();
}

describe('a callback', () => {
  it('is a POST of a JSON object', async () => {
    await stage.subscriber('books.1');
    const [asked] = await stage.app.requests('/on');
    expect(asked).toMatchObject({
      text: '{"subscription":"books.1"}',
      headers: { 'content-type': 'application/json', 'content-length': '26', 'x-api-key': 'k' },
    });
  });

  it('has the user and password of its URL as basic authentication', async () => {
    const client = await stage.subscriber('secured.1');
    client.send({ event: 'message', subscription: 'secured.1' });
    const [asked] = await stage.app.requests('/message');
    expect(asked?.headers.authorization).toBe(`Basic ${Buffer.from('al@x:p:ss').toString('base64')}`);
  });

  it('follows a redirect with its body', async () => {
    for (const status of [307, 308]) {
      stage.app.answer('/before', { status, headers: { Location: '/moved?to=here' } });
    }
    stage.app.answer('/moved?to=here', { status: 308, headers: { Location: '/again' } });
    stage.app.answer('/again', { body: { status: 'ok', data: 'there' } });
    const client = await stage.connect();
    expect(await client.ask({ event: 'subscribe', subscription: 'books.1', extra: 'e' })).toMatchObject({
      data: 'there',
    });
    const [asked] = await stage.app.requests('/again');
    expect(asked?.text).toBe('{"subscription":"books.1","extra":"e"}');
  });
});

describe('an answer', () => {
  it.each([
    {},
    { status: 'OK' },
    { status: 'error' },
    { status: true },
    { status: 1 },
    { status: null },
    { status: ['ok'] },
    { status: { ok: 'ok' } },
  ])('%j is a refusal', async (body) => {
    expect(await replyTo({ body })).toEqual([{ ...MESSAGE, status: 'error', error: 'Unhandled exception.' }]);
  });

  it.each([
    ['{"status":"ok","data":1}', undefined],
    [' {"data":1,\n"status" : "\\u006f\\u006b"}\n', undefined],
    ['{"status":"error","status":"ok","data":1}', undefined],
    ['{"status":"ok","data":1}', 'application/json; charset=utf-8'],
    ['{"status":"ok","data":1}', 'Application/JSON'],
    ['\ufeff{"status":"ok","data":1}', undefined],
  ])('%j is a success (%s)', async (body, type) => {
    const headers = type === undefined ? undefined : { 'Content-Type': type };
    expect(await replyTo({ status: 201, body, ...(headers && { headers }) })).toEqual([
      { ...MESSAGE, status: 'ok', data: 1 },
    ]);
  });

  it.each(['No.', '', null, 0, [], { text: 'No.' }])('refuses with its own error %j', async (error) => {
    expect(await replyTo({ body: { status: 'error', error } })).toEqual([
      { ...MESSAGE, status: 'error', error },
    ]);
  });

  it.each(['false', '0', '0.0', '-0', '""', '[]', '{}', '{ }', 'null'])(
    'refuses without its data when that is %s',
    async (data) => {
      expect(await replyTo({ body: `{"status":"error","data":${data}}` })).toEqual([
        { ...MESSAGE, status: 'error', error: 'Unhandled exception.' },
      ]);
    },
  );

  it.each([true, 1, -0.5, '0', ' ', 'false', [0], [null], { a: null }])(
    'refuses with its data %j',
    async (data) => {
      expect(await replyTo({ body: { status: 'error', data } })).toEqual([
        { ...MESSAGE, status: 'error', error: 'Unhandled exception.', data },
      ]);
    },
  );

  it.each([
    '[1]',
    '[]',
    'null',
    '"ok"',
    'true',
    '{',
    '',
    '{"status":"ok"} x',
    `{"a":${'['.repeat(600)}${']'.repeat(600)}}`,
  ])('that is labelled JSON and is %s ends the connection, and is not asked for again', async (body) => {
    stage.app.answer('/message', { body });
    const client = await stage.subscriber('books.1', { extra: 'e' });
    expect(await client.ask(MESSAGE)).toEqual({
      ...MESSAGE,
      status: 'error',
      error: 'Unhandled exception.',
      extra: 'e',
    });
    expect((await client.untilClosed()).code).toBe(1000);
    await stage.app.requests('/on-end');
    expect(stage.app.paths.slice(3)).toEqual(['/message', '/before-end', '/on-end']);
  });
});

describe('the answer to a message', () => {
  it('without data is no reply, with null data one without it', async () => {
    expect(await replyTo({ body: { status: 'ok', error: 'x' } })).toEqual([]);
    stage.app.answer('/message', { body: { status: 'ok', data: null } });
    const client = await stage.subscriber('books.2');
    expect(await client.send({ ...MESSAGE, subscription: 'books.2' }).settled()).toEqual([
      { ...MESSAGE, subscription: 'books.2', status: 'ok' },
    ]);
  });

  it.each([false, 0, '', [], {}, 'x'])('is the reply when it has the data %j', async (data) => {
    expect(await replyTo({ body: { status: 'ok', data } })).toEqual([{ ...MESSAGE, status: 'ok', data }]);
  });

  it('is for the client that sent it alone', async () => {
    const other = await stage.subscriber('books.1');
    expect(await replyTo({ body: { status: 'ok', data: 'x' } })).toHaveLength(1);
    expect(await other.settled()).toEqual([]);
  });

  it('is not needed when the service takes no messages', async () => {
    const client = await stage.subscriber('silent.1');
    expect(await client.send({ ...MESSAGE, subscription: 'silent.1', data: 1 }).settled()).toEqual([]);
  });
});
