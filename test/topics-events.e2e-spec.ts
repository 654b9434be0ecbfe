import { stageOfFile, stageOfTest } from './support/topics.js';

const INVALID = { status: 'error', error: 'Messages must be JSON and contain an event field.' };
const CAT = '\u{1F431}';

const stage = stageOfFile(() => ({ services: { books: { requireAuthentication: false } } }));

describe('a frame that is not an event', () => {
  it.each([
    [''],
    ['{'],
    ['null'],
    ['5'],
    ['"ping"'],
    ['[]'],
    ['[{"event":"ping"}]'],
    ['{}'],
    ['{"event":null}'],
    ['{"event":1}'],
    ['{"event":["ping"]}'],
    ['{"event":{"ping":"ping"}}'],
    ['{"Event":"ping"}'],
    ['{"__proto__":{"event":"ping"}}'],
    ['{"event":"ping"} x'],
    ['{"event":"ping"}{"event":"ping"}'],
    ["{'event':'ping'}"],
    ['{"event":"ping","data":NaN}'],
    ['{"event":"ping",}'],
    ['{"event":"ping","data":"\n"}'],
  ])('gets an error without an event: %s', async (frame) => {
    const client = await stage.connect();
    expect(await client.ask(frame)).toEqual(INVALID);
    expect(await client.settled()).toEqual([]);
  });

  it.each(['e', CAT])('gets that error when its name is 41 times %s', async (character) => {
    const client = await stage.connect();
    expect(await client.ask({ event: character.repeat(41) })).toEqual(INVALID);
  });

  it('gets that error when it is nested absurdly deep', async () => {
    const client = await stage.connect();
    expect(await client.ask(`{"event":"ping","data":${'['.repeat(1e5)}${']'.repeat(1e5)}}`)).toEqual(INVALID);
    expect(await client.ask('['.repeat(1e6))).toEqual(INVALID);
    expect(await client.settled()).toEqual([]);
  });

  it('gets that error when it is binary and not UTF-8, and the session goes on', async () => {
    const client = await stage.subscriber('books.1');
    expect(await client.ask(Buffer.from([0xff, 0xfe]))).toEqual(INVALID);
    expect(await client.ask(Buffer.from('{"event":"ping","data":"\xe9"}', 'latin1'))).toEqual(INVALID);
    await stage.publish('books.1', 'after');
    expect(await client.next()).toMatchObject({ event: 'message', data: 'after' });
  });
});

describe('an event of an unknown name', () => {
  it.each([
    [''],
    [' '],
    ['PING'],
    [' ping'],
    ['pong'],
    ['constructor'],
    ['__proto__'],
    ['toString'],
    ['invalid'],
    ['unknown'],
    ['not-json'],
    [`"\\\n\u0000`],
  ])('is not found: %j', async (event) => {
    const client = await stage.connect();
    expect(await client.ask({ event, subscription: 'books.1', data: 1 })).toEqual({
      event,
      status: 'error',
      error: 'Event not found.',
    });
    expect(await client.settled()).toEqual([]);
  });

  it.each(['e', CAT])('is not found when the name is 40 times %s', async (character) => {
    const client = await stage.connect();
    const event = character.repeat(40);
    expect(await client.ask({ event })).toEqual({ event, status: 'error', error: 'Event not found.' });
  });

  it('is echoed as it is, be it half a character', async () => {
    const client = await stage.connect();
    const reply = await client.send('{"event":"\\ud83d"}').text();
    expect(reply).toContain('"event":"\\ud83d"');
    expect(JSON.parse(reply)).toEqual({ event: '\ud83d', status: 'error', error: 'Event not found.' });
  });
});

describe('ping', () => {
  it.each([
    ['abc', 'abc'],
    ['', ''],
    ['"\\\u2028', '"\\\u2028'],
    [undefined, null],
    [null, null],
    [5, null],
    [true, null],
    [['abc'], null],
    [{ a: 'b' }, null],
  ])('%j comes back as %j', async (data, pong) => {
    const client = await stage.connect();
    expect(await client.ask({ event: 'ping', data })).toEqual({ event: 'pong', data: pong });
  });

  it('cuts data at 128 code points', async () => {
    const client = await stage.connect();
    for (const [data, pong] of [
      ['x'.repeat(128), 'x'.repeat(128)],
      ['x'.repeat(129), 'x'.repeat(128)],
      [CAT.repeat(129), CAT.repeat(128)],
      [`x${CAT.repeat(200)}`, `x${CAT.repeat(127)}`],
    ]) {
      expect(await client.ask({ event: 'ping', data })).toEqual({ event: 'pong', data: pong });
    }
  });

  it('takes no notice of other members', async () => {
    const client = await stage.connect();
    const ping = { event: 'ping', data: 'd', subscription: 'books.1', status: 'x', id: 7, ticket: [] };
    expect(await client.ask(ping)).toEqual({ event: 'pong', data: 'd' });
  });

  it('is known by the value of its name, of several by the last', async () => {
    const client = await stage.connect();
    expect(await client.ask('{"event":"auth","event":"p\\u0069ng","data":"a","data":"b"}')).toEqual({
      event: 'pong',
      data: 'b',
    });
  });
});

it('answers binary frames of UTF-8 with text frames', async () => {
  const client = await stage.connect();
  const isBinary = new Promise((resolve) => client.webSocket.once('message', (_, binary) => resolve(binary)));
  expect(await client.ask(Buffer.from(`{"event":"ping","data":"${CAT}"}`))).toEqual({
    event: 'pong',
    data: CAT,
  });
  expect(await isBinary).toBe(false);
});

it('takes fragments for one event', async () => {
  const client = await stage.connect();
  client.webSocket.send('{"event":"ping",', { fin: false });
  client.webSocket.send('"data":"d"}', { fin: true });
  expect(await client.next()).toEqual({ event: 'pong', data: 'd' });
});

describe('the metrics', () => {
  const counting = stageOfTest(() => ({}));

  it('count events by name and outcome, what is not JSON not at all', async () => {
    const client = await counting.connect();
    for (const frame of ['{', '\xff', '{}', '[]', '{"event":"x"}', '{"event":"subscribe"}'])
      client.send(frame);
    await client.settled();
    const counts = [
      ['invalid', 'error'],
      ['unknown', 'error'],
      ['subscribe', 'error'],
      ['ping', 'success'],
    ].map(([event, outcome]) =>
      counting.gateway.metric('kittiwake_events_total', { event, outcome } as never),
    );
    expect(await Promise.all(counts)).toEqual([2, 1, 1, 1]);
    expect(await counting.gateway.metric('kittiwake_events_total')).toBe(5);
  });
});
