import type { TestClient } from './support/client.js';
import { callOf, rpcToken, sharedRpc } from './support/rpc.js';

const MALFORMED = 'A call must be a JSON object with function_name, parameters_list and marker.';

const stage = sharedRpc();

/** What is answered to a call, and that nothing else is before the answer to the next. */
async function answers(client: TestClient, ...frames: unknown[]): Promise<unknown[]> {
  for (const frame of frames) client.send(frame);
  client.send(callOf('later', [20, 'end'], 'end'));
  const seen: unknown[] = [];
  for (;;) {
    const frame = await client.next();
    if (frame.marker === 'end') return seen;
    seen.push(frame);
  }
}

describe('a call', () => {
  it('is answered with its result, its marker and eod 1', async () => {
    const client = await stage.connect();
    client.send(callOf('add', [1, 2], 7));
    expect(await client.text()).toBe('{"result":3,"marker":7,"eod":1}');
  });

  it('may come in a binary frame', async () => {
    const client = await stage.connect();
    expect(await client.ask(Buffer.from(JSON.stringify(callOf('add', [1, 2]))))).toMatchObject({ result: 3 });
  });

  it.each(['1', '"1"', 'null', '-1.5e3', '12345678901234567890', '{"b": [1,  2]}', '"\\u0041\\/"', '1.0'])(
    'gets its marker %s back as it was',
    async (marker) => {
      const client = await stage.connect();
      client.send(`{"function_name":"add","parameters_list":[1,2],"marker":${marker}}`);
      expect(await client.text()).toContain(`"marker":${marker},`);
      client.send(`{"function_name":"nope","parameters_list":[1,2],"marker":${marker}}`);
      expect(await client.text()).toContain(`"marker":${marker}}`);
    },
  );

  it.each([false, 0, '', [], {}, 'é😀', '</script>', [[{ a: null }]], 1.5])(
    'gives %j as it is',
    async (value) => {
      const client = await stage.connect();
      expect(await answers(client, callOf('echo', [value]))).toEqual([{ result: value, marker: 1, eod: 1 }]);
    },
  );

  it('keeps integers of any size', async () => {
    const client = await stage.connect();
    client.send('{"function_name":"echo","parameters_list":[123456789012345678901],"marker":1}');
    expect(await client.text()).toBe('{"result":123456789012345678901,"marker":1,"eod":1}');
  });

  it('takes an object that looks like bytes as an object, as Shirow has no bytes', async () => {
    const client = await stage.connect();
    const bytes = { __base64__: 'AAE=' };
    expect(await answers(client, callOf('echo', [bytes]))).toEqual([{ result: bytes, marker: 1, eod: 1 }]);
    expect(await client.ask(callOf('is_bytes', [bytes]))).toMatchObject({ result: false });
  });

  it('of a procedure that returns nothing is not answered, unless null is to be told', async () => {
    const client = await stage.connect();
    expect(await answers(client, callOf('echo', [null]), callOf('told', [null], 2))).toEqual([
      { result: null, marker: 2, eod: 1 },
    ]);
  });

  it('knows who the client is', async () => {
    const client = await stage.connectTo(`/rpc/token/${rpcToken({ user_id: 'user-7', jti: 'x' })}`);
    expect(await client.ask(callOf('whoami', []))).toMatchObject({ result: { user_id: 'user-7' } });
  });

  it('does not wait for the one before', async () => {
    const client = await stage.connect();
    client
      .send(callOf('hang', [], 1))
      .send(callOf('later', [50, 'a'], 2))
      .send(callOf('add', [1, 1], 3));
    expect(await client.next()).toEqual({ result: 2, marker: 3, eod: 1 });
    expect(await client.next()).toEqual({ result: 'a', marker: 2, eod: 1 });
  });

  it('may have the marker of another that runs', async () => {
    const client = await stage.connect();
    const call = callOf('later', [20, 'x'], 1);
    expect(await answers(client, call, call)).toHaveLength(2);
  });
});

describe('several results', () => {
  it('have eod 0, and the last that is returned eod 1', async () => {
    const client = await stage.connect();
    expect(await answers(client, callOf('count', [2, 'done']))).toEqual([
      { result: 0, marker: 1, eod: 0 },
      { result: 1, marker: 1, eod: 0 },
      { result: 'done', marker: 1, eod: 1 },
    ]);
  });

  it('need not end with eod 1', async () => {
    const client = await stage.connect();
    expect(await answers(client, callOf('count', [1]), callOf('count', [0]))).toEqual([
      { result: 0, marker: 1, eod: 0 },
    ]);
  });
});

describe('an error', () => {
  const error = (text: string): object => ({ error: text, marker: 1 });

  it.each(['nope', '', ' add', 'ADD', 'constructor', '__proto__', 'service', 'raw'])(
    'says that %j is undefined',
    async (name) => {
      const client = await stage.connect();
      expect(await client.ask(callOf(name, []))).toEqual(error(`the ${name} function is undefined`));
    },
  );

  it.each([[[1]], [[1, 2, 3]], ['12'], [{ a: 1, b: 2 }], [null], [12]])(
    'says that %j are not the arguments',
    async (parameters) => {
      const client = await stage.connect();
      const text = 'number of arguments mismatch in the add function call';
      expect(await client.ask(callOf('add', parameters))).toEqual(error(text));
      expect(await client.ask(callOf('nope', parameters))).toEqual(error('the nope function is undefined'));
    },
  );

  it('says nothing of what a procedure threw', async () => {
    const client = await stage.connect();
    const text = 'an error occurred while executing the function fail';
    expect(await client.ask(callOf('fail', []))).toEqual(error(text));
  });

  it.each(['No such thing.', { code: 5 }, null, 0])('is %j if the procedure says so', async (told) => {
    const client = await stage.connect();
    expect(await client.ask(callOf('refuse', [told]))).toEqual({ error: told, marker: 1 });
  });
});

describe('a frame that is no call', () => {
  it.each(['', '{', 'null', '1', '[]', '"add"', '{}', '{"marker":null}', '[{"function_name":"add"}]'])(
    'such as %j is answered with an error, and the connection goes on',
    async (text) => {
      const client = await stage.connect();
      expect(await client.ask(text)).toEqual({ error: MALFORMED, marker: null });
      expect(await client.ask(callOf('add', [1, 1], 2))).toEqual({ result: 2, marker: 2, eod: 1 });
    },
  );

  it.each([
    [{ function_name: 'add', marker: 1 }],
    [{ parameters_list: [], marker: 1 }],
    [{ function_name: null, parameters_list: [], marker: 1 }],
    [{ function_name: ['add'], parameters_list: [], marker: 1 }],
    [{ cancel: 1, marker: 1 }],
  ])('but has a marker gets it back: %j', async (frame) => {
    const client = await stage.connect();
    expect(await client.ask(frame)).toEqual({ error: MALFORMED, marker: 1 });
  });

  it('lacks a marker', async () => {
    const client = await stage.connect();
    expect(await client.ask({ function_name: 'add', parameters_list: [1, 2] })).toEqual({
      error: MALFORMED,
      marker: null,
    });
  });

  it('is not UTF-8, or nested too deep', async () => {
    const client = await stage.connect();
    const broken = Buffer.from(JSON.stringify({ ...callOf('add', [1, 2]), more: '~' }));
    broken[broken.indexOf('~')] = 0xff;
    const deep = '['.repeat(600) + ']'.repeat(600);
    for (const frame of [broken, `{"function_name":"echo","parameters_list":${deep},"marker":1}`])
      expect(await client.ask(frame)).toEqual({ error: MALFORMED, marker: null });
  });

  it('has other members, which are ignored', async () => {
    const client = await stage.connect();
    const frame = { ...callOf('add', [1, 2]), parameters: { a: 5 }, eod: 0, error: 'x', user_id: 5 };
    expect(await client.ask(frame)).toEqual({ result: 3, marker: 1, eod: 1 });
  });
});

describe('the end of a connection', () => {
  it.each(['hang', 'trickle'])('ends a call of %s at once', async (name) => {
    const client = await stage.connect();
    client.send(callOf(name, [])).send(callOf('add', [1, 1], 2));
    while ((await client.next()).marker !== 2);
    expect(stage.hanging.size).toBe(1);
    const ended = stage.unhung.promise;
    const start = performance.now();
    client.drop();
    await ended;
    expect(stage.hanging.size).toBe(0);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
