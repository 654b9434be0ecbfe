import type { TestClient } from './support/client.js';
import { stageOfFile } from './support/topics.js';
import { deferred } from './support/wait.js';

/** The deepest nesting of a text that is taken: of these, one level is the object around. */
const MAX_DEPTH = 512;

/** JSON values that change when they are parsed and written again. */
const VALUES: readonly (readonly [string, string])[] = [
  ['an integer beyond 2^53', '12345678901234567890123'],
  ['a float', '1.0'],
  ['an exponent', '-1.50E+400'],
  ['minus zero', '[-0]'],
  ['escapes', '"\\u00e9\\/\\u0041\\b\\u0000\\"\\\\"'],
  ['characters', '"\u00e9\u{1F431}\u2028\u007f</script>"'],
  ['half a character', '"\\ud83d"'],
  ['the order of keys', '{"b":1,"10":2,"9":3,"a":4}'],
  ['repeated and odd keys', '{"\\u0061":1,"a":2,"__proto__":{"x":1},"":0}'],
  ['white space', '[ 1 ,\t{ "a" : [ ] }\n]'],
  ['brackets in strings', '{"a]}":"[{\\"","b":["}",",\\\\"]}'],
  ['deep nesting', `${'['.repeat(MAX_DEPTH - 1)}${']'.repeat(MAX_DEPTH - 1)}`],
];

const stage = stageOfFile((app) => ({
  auth: { ticket: { url: `${app}/ticket` } },
  services: {
    books: {
      requireAuthentication: false,
      extraFields: ['extra'],
      filterFields: ['user_id'],
      authorizer: `${app}/authorizer`,
      authorizerFields: ['plan'],
      beforeSubscribe: `${app}/before`,
      onMessage: `${app}/message`,
      beforeUnsubscribe: `${app}/before-end`,
    },
  },
}));

/** Sends text, and returns the text of the next frame. */
const askText = (client: TestClient, text: string): Promise<string> => client.send(text).text();

/** The text of the last request on a path. */
async function askedText(path: string): Promise<string | undefined> {
  return (await stage.app.requests(path)).at(-1)?.text;
}

describe.each(VALUES)('%s', (_, value) => {
  it('goes from a publication to the client, at once, held or delayed', async () => {
    const gate = deferred();
    stage.app.answer('/before', { after: gate.promise });
    const early = await stage.connect();
    const client = await stage.connect();
    client.send({ event: 'subscribe', subscription: 'books.1' });
    await stage.app.requests('/before');
    await stage.subscriber('books.1', {}, early);
    const publication = `{"subscription":"books.1","data": ${value} ,"options":{"throttle":0.02}}`;
    await stage.publishText(publication);
    await stage.publishText(publication);
    gate.resolve();
    await client.next();
    for (const subscriber of [early, early, client, client]) {
      expect(await subscriber.text()).toContain(`,"data":${value},"`);
    }
  });

  it('goes from a ticket to its validation, and from there to callbacks and filters', async () => {
    const client = await stage.connect();
    stage.app.answer('/ticket', { body: `{"status":"ok","user_id":${value}}` });
    expect(JSON.parse(await askText(client, `{"event":"auth","ticket":\n${value}}`))).toMatchObject({
      status: 'ok',
    });
    expect(await askedText('/ticket')).toBe(`{"ticket":${value}}`);
    await stage.subscriber('books.1', {}, client);
    expect(await askedText('/before')).toBe(`{"subscription":"books.1","user_id":${value}}`);
    await stage.publishText(`{"subscription":"books.1","data":1,"user_id":${value}}`);
    expect(await client.settled()).toHaveLength(1);
  });

  it('goes from a field of the authorizer to later callbacks', async () => {
    stage.app.answer('/authorizer', { body: `{"plan":${value},"status":"ok"}` });
    await stage.subscriber('books.1');
    expect(await askedText('/before')).toBe(`{"subscription":"books.1","plan":${value}}`);
  });

  it('goes from an extra field to callbacks and frames', async () => {
    const client = await stage.connect();
    const about = `"subscription":"books.1","extra":${value}`;
    const member = `"extra":${value}`;
    expect(await askText(client, `{"event":"unsubscribe",${about}}`)).toContain(member);
    expect(await askText(client, `{"event":"subscribe",${about}}`)).toContain(member);
    expect(await askedText('/before')).toBe(`{${about}}`);
    await stage.publish('books.1', 1);
    expect(await client.text()).toContain(member);
    expect(await askText(client, '{"event":"unsubscribe","subscription":"books.1"}')).toContain(member);
  });

  it('goes from a message to its callback, and the answer back to the client', async () => {
    const client = await stage.subscriber('books.1');
    stage.app.answer('/message', { body: `{"data":${value},"status":"ok"}` });
    const reply = await askText(client, `{"data":${value},"event":"message","subscription":"books.1"}`);
    expect(await askedText('/message')).toBe(`{"subscription":"books.1","data":${value}}`);
    expect(reply).toContain(`"data":${value}`);
  });

  it('goes from the data and the error of an answer to the client', async () => {
    const client = await stage.connect();
    stage.app.answer('/before', { body: `{"status":"error","error":${value},"data":[${value.length}]}` });
    const subscribe = '{"event":"subscribe","subscription":"books.1"}';
    expect(await askText(client, subscribe)).toContain(`"error":${value}`);
    stage.app.answer('/before', { body: `{"status":"ok","data":${value}}` });
    expect(await askText(client, subscribe)).toContain(`"data":${value}`);
    stage.app.answer('/before-end', { body: `{"status":"ok","data":${value}}` });
    expect(await askText(client, '{"event":"unsubscribe","subscription":"books.1"}')).toContain(
      `"data":${value}`,
    );
  });
});

it('knows members however their names are spelt', async () => {
  const client = await stage.connect();
  stage.app.answer('/authorizer', { body: '{"st\\u0061tus":"ok","pl\\u0061n":1}' });
  stage.app.answer('/before', {
    body: '{"d\\u0061ta":"state","\\u006fptions":{"\\u006frder":2},"status":"ok"}',
  });
  const subscribe = '{"\\u0065vent":"subscribe","subscr\\u0069ption":"books.1","e\\u0078tra":"e"}';
  const about = { subscription: 'books.1', extra: 'e' };
  expect(await client.ask(subscribe)).toEqual({ event: 'subscribe', ...about, status: 'ok', data: 'state' });
  expect((await stage.app.requests('/before'))[0]?.body).toEqual({ ...about, plan: 1 });
  const publication = '{"subscripti\\u006fn":"books.1","d\\u0061ta":1,"opti\\u006fns":{"ord\\u0065r":3}';
  await stage.publishText(`${publication.replace('3', '2')}}`);
  await stage.publishText(`${publication},"us\\u0065r_id":"somebody"}`);
  await stage.publishText(`${publication}}`);
  expect(await client.settled()).toMatchObject([{ event: 'message', ...about, data: 1 }]);
});

// A million digits in a publication held up everybody for a second, a million empty objects took 100 MiB.
describe.each([
  ['nested deeper than 512', `${'{"a":'.repeat(MAX_DEPTH)}1${'}'.repeat(MAX_DEPTH)}`],
  ['too large: a number of more than 1000 digits', `[${'7'.repeat(1_001)}]`],
  ['too large: more than 100000 objects, lists and names of members', `[${'[],'.repeat(99_999)}{"a":{}}]`],
])('what is %s', (problem, tooMuch) => {
  it('is not an event', async () => {
    const client = await stage.connect();
    expect(await client.ask(`{"event":"ping","data":${tooMuch}}`)).toEqual({
      status: 'error',
      error: 'Messages must be JSON and contain an event field.',
    });
  });

  it('is not a publication', async () => {
    const response = await stage.gateway.publish(`{"subscription":"books.1","data":${tooMuch}}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ status: 'error', error: problem });
  });

  it('is not an answer', async () => {
    const client = await stage.connect();
    stage.app.answer('/before', { body: `{"status":"ok","data":${tooMuch}}` });
    expect(await client.ask({ event: 'subscribe', subscription: 'books.1' })).toMatchObject({
      error: 'Unhandled exception.',
    });
  });
});

describe('an order that is text of more than 1,000 digits', () => {
  const options = JSON.stringify({ order: '7'.repeat(1_001) });

  it('is not that of a publication', async () => {
    const response = await stage.gateway.publish(`{"subscription":"books.1","data":1,"options":${options}}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'too large: a number of more than 1000 digits' });
  });

  it('is not that of a state', async () => {
    const client = await stage.connect();
    stage.app.answer('/before', { body: `{"status":"ok","options":${options}}` });
    expect(await client.ask({ event: 'subscribe', subscription: 'books.1' })).toMatchObject({
      error: 'Unhandled exception.',
    });
  });
});

it('brings large data to the client', async () => {
  const client = await stage.subscriber('books.1');
  const data = Array.from({ length: 60 }, (_, index) => `${index}\u{1F431}`.repeat(2000));
  await stage.publish('books.1', data);
  expect((await client.next()).data).toEqual(data);
});
