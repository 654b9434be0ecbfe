import { LIVE, stageOfFile } from './support/topics.js';

const stage = stageOfFile((app) => ({
  auth: { ticket: { url: `${app}/ticket`, fields: ['user_id', 'tenant'] } },
  services: {
    books: { requireAuthentication: false, extraFields: ['extra'] },
    filtered: {
      requireAuthentication: false,
      extraFields: ['extra', 'tenant'],
      authorizer: `${app}/authorizer`,
      authorizerFields: ['plan', 'user_id'],
      filterFields: ['extra', 'tenant', 'plan', 'user_id', '__proto__', 'constructor'],
    },
  },
}));

describe('a message', () => {
  it('has the data of the publication and nothing else of it', async () => {
    const client = await stage.subscriber('books.1');
    const before = Date.now();
    const others = { event: 'x', status: 'ok', error: 'x', secret: 's', id: 1, extra: 'x' };
    const times = { sent_at: 'x', received_at: 'y', queue_size: -1 };
    await stage.publish('books.1', { a: [null] }, { ...others, ...times, options: { order: 1 } });

    const message = await client.next();
    expect(message).toEqual({ event: 'message', subscription: 'books.1', data: { a: [null] }, ...LIVE });
    const [received, sent] = [message.received_at, message.sent_at].map((time) => Date.parse(time as string));
    expect(before).toBeLessThanOrEqual(received!);
    expect(received).toBeLessThanOrEqual(sent!);
    expect(sent).toBeLessThanOrEqual(Date.now());
    expect(Number.isInteger(message.queue_size)).toBe(true);
    expect(message.queue_size).toBeGreaterThanOrEqual(0);
  });

  it.each([null, false, 0, '', [], {}])('may have the data %j', async (data) => {
    const client = await stage.subscriber('books.1');
    await stage.publish('books.1', data);
    expect(await client.next()).toEqual({ event: 'message', subscription: 'books.1', data, ...LIVE });
  });

  it('reaches every subscription of its topic, each with the extra fields of its own', async () => {
    const extras = [{}, { extra: 'a' }, { extra: 'b' }, { extra: 'a' }, {}, { extra: null }, { extra: 'b' }];
    const clients = await Promise.all(extras.map((extra) => stage.subscriber('books.1', extra)));
    const [elsewhere, gone] = [await stage.subscriber('books.2'), await stage.subscriber('books.1')];
    await gone.ask({ event: 'unsubscribe', subscription: 'books.1' });
    for (const data of [1, 2]) {
      await stage.publish('books.1', data);
      for (const [index, client] of clients.entries()) {
        expect(await client.next()).toEqual({
          event: 'message',
          subscription: 'books.1',
          data,
          ...extras[index],
          ...LIVE,
        });
      }
    }
    expect([...(await elsewhere.settled()), ...(await gone.settled())]).toEqual([]);
  });

  it('reaches each in the order of publication', async () => {
    const clients = await Promise.all([stage.subscriber('books.1'), stage.subscriber('books.1')]);
    await stage.publishAll('books.1', Array(300).fill({}));
    for (const client of clients) {
      const data = (await client.settled()).map((message) => message.data);
      expect(data).toEqual(Array.from({ length: 300 }, (_, index) => index));
    }
  });

  it.each([
    ['2024-05-06T07:08:09.123456+00:00', '2024-05-06T07:08:09.123456+00:00'],
    ['2024-05-06T07:08:09+00:00', '2024-05-06T07:08:09+00:00'],
    ['2024-05-06T07:08:09Z', '2024-05-06T07:08:09+00:00'],
    ['2024-05-06T07:08:09.5-03:30', '2024-05-06T07:08:09.500000-03:30'],
    ['2024-05-06T07:08:09', '2024-05-06T07:08:09'],
    ['2024-12-31T23:59:59.999999+14:00', '2024-12-31T23:59:59.999999+14:00'],
  ])('published at %s says %s', async (publishedAt, expected) => {
    const client = await stage.subscriber('books.1');
    await stage.publish('books.1', 1, { published_at: publishedAt });
    expect(await client.next()).toEqual({
      event: 'message',
      subscription: 'books.1',
      data: 1,
      published_at: expected,
      ...LIVE,
    });
  });

  it.each([
    null,
    '',
    'yesterday',
    '2024-05-06',
    '07:08:09',
    '2024-02-30T07:08:09Z',
    1714979289,
    true,
    [],
    {},
  ])('published at %j does not say so', async (publishedAt) => {
    const client = await stage.subscriber('books.1');
    await stage.publish('books.1', 1, { published_at: publishedAt });
    expect(await client.next()).toEqual({
      event: 'message',
      subscription: 'books.1',
      data: 1,
      ...LIVE,
    });
  });

  it.each([null, false, 0, '', 'x', [], [1], {}, { order: null, throttle: null }, { other: 1 }])(
    'with the options %j is delivered',
    async (options) => {
      const client = await stage.subscriber('books.1');
      await stage.publishAll('books.1', [options, options]);
      expect(await client.settled()).toMatchObject([{ data: 0 }, { data: 1 }]);
    },
  );
});

describe('a filter field', () => {
  it.each([
    ['"a"', '"a"', true],
    ['"a"', '"A"', false],
    ['"\\u0061\\/"', '"a/"', true],
    ['"\u00e9"', '"e\u0301"', false],
    ['1', '1', true],
    ['1', '1.0', true],
    ['1', '"1"', false],
    ['1', 'true', false],
    ['0', 'false', false],
    ['0', 'null', false],
    ['""', 'null', false],
    ['null', 'null', true],
    ['9007199254740993', '9007199254740992', false],
    ['9007199254740993', '9007199254740993', true],
    ['[1,[2]]', '[ 1, [2.0] ]', true],
    ['[1,2]', '[2,1]', false],
    ['[]', '{}', false],
    ['{"a":1,"b":{"c":[]}}', '{"b":{"c":[]},"a":1}', true],
    ['{"a":1}', '{"a":1,"b":null}', false],
    ['{"a":1}', '{"a":"1"}', false],
    ['{"__proto__":1}', '{}', false],
  ])('of the value %s admits %s: %s', async (given, wanted, isAdmitted) => {
    const client = await stage.connect();
    const reply = await client.ask(`{"event":"subscribe","subscription":"filtered.1","extra":${given}}`);
    expect(reply).toMatchObject({ status: 'ok' });
    await stage.publishText(`{"subscription":"filtered.1","data":1,"extra":${wanted}}`);
    expect(await client.settled()).toHaveLength(isAdmitted ? 1 : 0);
  });

  it('that is an extra field counts as null when the client did not give it, whoever the client is', async () => {
    const client = await stage.authenticated({ user_id: 'u', tenant: 't' });
    await stage.subscriber('filtered.1', {}, client);
    await stage.publish('filtered.1', 'identity', { tenant: 't' });
    await stage.publish('filtered.1', 'null', { tenant: null });
    expect(await client.settled()).toMatchObject([{ data: 'null' }]);
  });

  it('of the identity is null for anonymous sessions, and only for them', async () => {
    const anonymous = await stage.subscriber('filtered.1');
    const known = await stage.authenticated({ user_id: 'u', tenant: 't' });
    await stage.subscriber('filtered.1', {}, known);
    for (const user of ['u', null, 'other']) await stage.publish('filtered.1', user, { user_id: user });
    expect(await anonymous.settled()).toMatchObject([{ data: null }]);
    expect(await known.settled()).toMatchObject([{ data: 'u' }]);
  });

  it('of the identity is that of the last authentication, for subscriptions that began before as well', async () => {
    const client = await stage.authenticated({ user_id: 'u', tenant: 't' });
    await stage.subscriber('filtered.1', {}, client);
    for (const user of ['u', 'v']) await stage.publish('filtered.1', user, { user_id: user });
    await client.next();
    await stage.authenticated({ user_id: 'v', tenant: 't' }, client);
    for (const user of ['u', 'v']) await stage.publish('filtered.1', user, { user_id: user });
    expect(await client.settled()).toMatchObject([{ data: 'v' }]);
  });

  it('may be a field of the authorizer, which the identity goes before', async () => {
    stage.app.answer('/authorizer', { body: { status: 'ok', plan: ['gold'], user_id: 'authorizer' } });
    const client = await stage.authenticated({ user_id: 'u', tenant: 't' });
    await stage.subscriber('filtered.1', {}, client);
    for (const plan of [['gold'], ['tin'], null]) await stage.publish('filtered.1', plan, { plan });
    for (const user of ['authorizer', 'u']) await stage.publish('filtered.1', user, { user_id: user });
    expect(await client.settled()).toMatchObject([{ data: ['gold'] }, { data: 'u' }]);
  });

  it('has to be right with all the others that a publication has', async () => {
    const client = await stage.authenticated({ user_id: 'u', tenant: 't' });
    await stage.subscriber('filtered.1', { extra: 'e' }, client);
    await stage.publish('filtered.1', 'both', { extra: 'e', user_id: 'u' });
    await stage.publish('filtered.1', 'one', { extra: 'e', user_id: 'x' });
    await stage.publish('filtered.1', 'other', { extra: 'x', user_id: 'u' });
    await stage.publish('filtered.1', 'none', { session_id: 'irrelevant' });
    expect(await client.settled()).toMatchObject([{ data: 'both' }, { data: 'none' }]);
  });

  it('may be named like a member of every object', async () => {
    const client = await stage.subscriber('filtered.1');
    await stage.publishText('{"subscription":"filtered.1","data":"no","__proto__":{}}');
    await stage.publishText('{"subscription":"filtered.1","data":"no","constructor":1}');
    await stage.publishText('{"subscription":"filtered.1","data":"yes","__proto__":null,"constructor":null}');
    expect(await client.settled()).toMatchObject([{ data: 'yes' }]);
  });
});
