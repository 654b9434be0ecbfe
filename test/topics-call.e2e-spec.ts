import type { TestClient } from './support/client.js';
import { procedureOf, RpcStage, rpcToken, sharedRpc, V1 } from './support/rpc.js';

const UNKNOWN = { status: 'error', error: 'Event not found.' };

const stage = sharedRpc({
  services: { books: { requireAuthentication: false } },
  limits: { outboxBytes: 1_000_000 },
});
beforeAll(() => stage.add(procedureOf('public', () => 'for all', { access: 'public' })));

function connect(...protocols: string[]): Promise<TestClient> {
  return stage.connectTo('/ws', protocols);
}

async function authenticated(userId: unknown = 1): Promise<TestClient> {
  const client = await connect(V1);
  expect(await client.ask(auth(userId))).toEqual({
    event: 'auth',
    status: 'ok',
    expires_in: expect.any(Number),
  });
  return client;
}

function auth(userId: unknown): object {
  return { event: 'auth', method: 'jwt', token: rpcToken({ user_id: userId }) };
}

function call(procedure: unknown, params?: unknown, id: unknown = 1): object {
  return { event: 'call', id, procedure, params };
}

const ok = (data: unknown, id: unknown = 1): object => ({ event: 'call', id, status: 'ok', data });
const more = (data: unknown, id: unknown = 1): object => ({ ...ok(data, id), more: true });
const error = (text: string, code: string, id: unknown = 1): object => ({
  event: 'call',
  id,
  status: 'error',
  error: text,
  code,
});

describe('the event call', () => {
  /** Names that clients make up would be series without end. */
  it('is counted by procedure and outcome; of names that are none there is one series', async () => {
    const client = await authenticated();
    const counted = async (procedure: string, outcome: string): Promise<number> => {
      const text = await (await fetch(`${stage.gateway.operatorsUrl}/metrics`)).text();
      const name = `kittiwake_procedure_seconds_count{procedure="${procedure}",outcome="${outcome}"} `;
      return Number(text.split(name)[1]?.split('\n', 1)[0] ?? 0);
    };
    const before = [await counted('add', 'success'), await counted('add', 'error')];
    await client.ask(call('add', [1, 2]));
    await client.ask(call('add', []));
    for (const name of ['made-up-1', 'made-up-2']) await client.ask(call(name));
    expect([await counted('add', 'success'), await counted('add', 'error')]).toEqual(
      before.map((count) => count + 1),
    );
    expect(await counted('unknown', 'error')).toBeGreaterThanOrEqual(2);
    const metrics = await (await fetch(`${stage.gateway.operatorsUrl}/metrics`)).text();
    expect(metrics).not.toContain('made-up');
    expect(metrics).toContain('kittiwake_procedure_calls_running{procedure="add"} 0\n');
  });

  it('is answered with the result', async () => {
    const client = await authenticated();
    expect(await client.ask(call('add', [1, 2], 'x'))).toEqual(ok(3, 'x'));
  });

  it('takes arguments by name', async () => {
    const client = await authenticated();
    expect(await client.ask(call('add', { b: 2, a: 1 }))).toEqual(ok(3));
  });

  it('needs no arguments for a procedure without', async () => {
    const client = await authenticated(7);
    expect(await client.ask(call('whoami'))).toEqual(ok({ user_id: 7 }));
  });

  it.each([false, 0, '', [], {}])('gives %j', async (value) => {
    const client = await authenticated();
    expect(await client.ask(call('echo', [value]))).toEqual(ok(value));
  });

  it('has no data when there is no result, and null when that is the result', async () => {
    const client = await authenticated();
    expect(await client.ask(call('echo', [null]))).toEqual({ event: 'call', id: 1, status: 'ok' });
    expect(await client.ask(call('told', [null]))).toEqual(ok(null));
  });

  it('keeps the id, integers of any size, and bytes', async () => {
    const client = await authenticated();
    client.send(
      '{"event":"call","id":1.0,"procedure":"echo","params":[[12345678901234567890,{"__base64__":"AAE="}]]}',
    );
    expect(await client.text()).toBe(
      '{"event":"call","status":"ok","data":[12345678901234567890,{"__base64__":"AAE="}],"id":1.0}',
    );
  });

  it('streams results, of which all but the last have more', async () => {
    const client = await authenticated();
    client.send(call('count', [2, 'done']));
    expect([await client.next(), await client.next(), await client.next()]).toEqual([
      more(0),
      more(1),
      ok('done'),
    ]);
    client.send(call('count', [1]));
    expect([await client.next(), await client.next()]).toEqual([
      more(0),
      { event: 'call', id: 1, status: 'ok' },
    ]);
  });

  it('holds up neither other calls nor other events', async () => {
    const client = await authenticated();
    client.send(call('hang', [], 1));
    expect(await client.ask(call('add', [1, 1], 2))).toEqual(ok(2, 2));
    expect(await client.ask({ event: 'ping' })).toEqual({ event: 'pong', data: null });
    expect(await client.ask({ event: 'subscribe', subscription: 'books.1' })).toMatchObject({ status: 'ok' });
  });

  it('is by whom the client was when it sent it', async () => {
    const client = await authenticated('first');
    stage.hanging.clear();
    client.send(call('hang', [], 1)).send(auth('second'));
    expect(await client.next()).toMatchObject({ event: 'auth', status: 'ok' });
    expect(await client.ask(call('whoami', [], 2))).toEqual(ok({ user_id: 'second' }, 2));
    expect([...stage.hanging][0]?.identity).toEqual({ user_id: 'first' });
  });

  it('of a public procedure needs no authentication; others then look as if they did not exist', async () => {
    const client = await connect(V1);
    expect(await client.ask(call('public'))).toEqual(ok('for all'));
    for (const name of ['add', 'nope', 'service', 'raw'])
      expect(await client.ask(call(name, []))).toEqual(
        error(`the ${name} function is undefined`, 'procedure_undefined'),
      );
  });
});

describe('an error', () => {
  it.each([
    [call('nope'), 'the nope function is undefined', 'procedure_undefined'],
    [call('service'), 'the service function is undefined', 'procedure_undefined'],
    [call('raw'), 'the raw function is undefined', 'procedure_undefined'],
    [call('add', [1]), 'number of arguments mismatch in the add function call', 'arguments_mismatch'],
    [
      call('add', { a: 1, c: 1 }),
      'number of arguments mismatch in the add function call',
      'arguments_mismatch',
    ],
    [call('add', 'ab'), 'number of arguments mismatch in the add function call', 'arguments_mismatch'],
    [call('fail'), 'an error occurred while executing the function fail', 'procedure_failed'],
    [call('refuse', ['No.']), 'No.', 'refused'],
    [call(undefined), 'Must specify procedure.', 'procedure_missing'],
    [call(['add']), 'Must specify procedure.', 'procedure_missing'],
  ])('of %j has a code', async (event, text, code) => {
    const client = await authenticated();
    expect(await client.ask(event)).toEqual(error(text, code));
  });

  it('of a call without an id says so', async () => {
    const client = await authenticated();
    for (const event of ['call', 'cancel'])
      expect(await client.ask({ event, procedure: 'add', params: [1, 1] })).toEqual({
        event,
        status: 'error',
        error: 'Must specify id.',
        code: 'id_missing',
      });
  });

  it('refuses an id of a call that runs', async () => {
    const client = await authenticated();
    client.send(call('hang', [], { a: 1 }));
    client.send('{"event":"call","id":{ "a": 1.0 },"procedure":"add","params":[1,1]}');
    expect(await client.next()).toEqual(
      error('There is a call with the same id.', 'duplicate_call', { a: 1 }),
    );
    expect(await client.ask(call('add', [1, 1], 2))).toEqual(ok(2, 2));
    expect(await client.ask(call('add', [1, 1], 2))).toEqual(ok(2, 2));
  });

  it('of a result that a client could be too slow for says so', async () => {
    const client = await authenticated();
    const big = 'x'.repeat(500_000);
    expect(await client.ask(call('echo', [big]))).toEqual(
      error('The result is too large.', 'result_too_large'),
    );
    expect(await client.ask(call('echo', [big.slice(2)]))).toEqual(ok(big.slice(2)));
  });
});

describe('the event cancel', () => {
  it.each(['hang', 'trickle'])('ends a call of %s, which is told so', async (name) => {
    const client = await authenticated();
    client.send(call(name, [], 'c'));
    if (name === 'trickle') expect(await client.next()).toEqual(more(0, 'c'));
    const ended = stage.unhung.promise;
    client.send({ event: 'cancel', id: 'c' });
    const frames = [];
    do frames.push(await client.next());
    while (frames.at(-1)?.status !== 'error');
    expect(frames).toContainEqual({ event: 'cancel', id: 'c', status: 'ok' });
    expect(frames.at(-1)).toEqual(error('The call was cancelled.', 'call_cancelled', 'c'));
    await ended;
    expect(await client.settled()).toEqual([]);
  });

  it('of a call that there is not is refused', async () => {
    const client = await authenticated();
    client.send(call('hang', [], 1));
    expect(await client.ask({ event: 'cancel', id: '1' })).toEqual({
      event: 'cancel',
      id: '1',
      status: 'error',
      error: 'There is no call with this id.',
      code: 'call_not_found',
    });
  });
});

describe('the end of a connection', () => {
  it.each(['hang', 'trickle'])('ends a call of %s', async (name) => {
    const client = await authenticated();
    client.send(call(name, []));
    expect(await client.ask(call('add', [1, 1], 2))).toBeDefined();
    const ended = stage.unhung.promise;
    client.drop();
    await ended;
  });
});

describe('without the sub-protocol, or without procedures', () => {
  it('there are no such events', async () => {
    const client = await connect();
    for (const event of ['call', 'cancel'])
      expect(await client.ask({ ...call('public'), event })).toEqual({ event, ...UNKNOWN });
  });

  it('there are no such events for other clients either', async () => {
    const without = new RpcStage();
    await without.start({ procedures: undefined });
    const client = await without.connectTo('/ws', [V1]);
    for (const event of ['call', 'cancel'])
      expect(await client.ask({ event, id: 1 })).toEqual({
        event,
        id: 1,
        ...UNKNOWN,
        code: 'event_not_found',
      });
    await without.stop();
  });
});

describe('a client that calls without authenticating', () => {
  it('has shown that it has business here', async () => {
    const impatient = new RpcStage();
    await impatient.start({ auth: { deadline: '500ms' } });
    const [client, idle] = [await impatient.connectTo('/ws', [V1]), await impatient.connectTo('/ws', [V1])];
    expect(await client.ask(call('whoami'))).toEqual(ok('nobody'));
    await idle.untilClosed();
    expect(await client.ask(call('whoami'))).toEqual(ok('nobody'));
    await impatient.stop();
  });
});
