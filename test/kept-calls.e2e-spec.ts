import { jest } from '@jest/globals';
import { Hub } from '../src/delivery/hub.js';
import { CallChannels } from '../src/procedures/kept/record/call-channels.js';
import { CallStory } from '../src/procedures/kept/record/call-story.js';
import { ProcedureError } from '../src/procedures/procedure-errors.js';
import type { ProcedureCall } from '../src/procedures/procedure-call.js';
import type { Resumption } from '../src/procedures/resumption.js';
import type { TestClient } from './support/client.js';
import { procedureOf, rpcToken, sharedRpc, V1 } from './support/rpc.js';
import { type Deferred, deferred, eventually } from './support/wait.js';

const KEPT: Resumption = { ttlMs: 60_000, maxBytes: 100_000, graceMs: undefined, takesOver: false };
const ID = /^[\w-]{22}$/;

type Frame = Record<string, unknown>;

/** A call of a procedure that gives what the test says, and ends when it says so. */
class Model {
  private readonly texts: unknown[] = [];
  private wake: Deferred<void> = deferred();
  private end: { readonly value?: unknown; readonly error?: Error } | undefined;
  constructor(readonly call: ProcedureCall) {
    call.signal.addEventListener('abort', () => this.wake.resolve());
  }

  say(...texts: unknown[]): this {
    this.texts.push(...texts);
    this.wake.resolve();
    return this;
  }

  finish(value?: unknown): void {
    this.end = { value };
    this.wake.resolve();
  }

  fail(error: Error): void {
    this.end = { error };
    this.wake.resolve();
  }

  async *results(): AsyncGenerator<unknown, unknown, void> {
    for (;;) {
      yield* this.texts.splice(0);
      if (this.end?.error) throw this.end.error;
      if (this.end) return this.end.value;
      this.call.signal.throwIfAborted();
      await this.wake.promise;
      this.wake = deferred();
    }
  }
}

const models: Model[] = [];
const stage = sharedRpc({
  procedures: {
    kept: { gather: '5ms', runningPerIdentity: 4, keptPerIdentity: 8, identityBytes: 32_768 },
  },
  limits: { outboxBytes: 1_000_000 },
});
beforeAll(() => {
  const answer = (call: ProcedureCall): unknown => {
    models.push(new Model(call));
    return models.at(-1)!.results();
  };
  stage.add(procedureOf('answer', answer, { resumption: KEPT, isStream: true }));
  stage.add(procedureOf('public_answer', answer, { resumption: KEPT, access: 'public' }));
  stage.add(procedureOf('abandoned', answer, { resumption: { ...KEPT, graceMs: 150 } }));
  stage.add(procedureOf('small', answer, { resumption: { ...KEPT, maxBytes: 1_024 } }));
  stage.add(procedureOf('brief', answer, { resumption: { ...KEPT, ttlMs: 800 } }));
  stage.add(procedureOf('quiet', answer, { resumption: { ...KEPT, maxBytes: 1_024, ttlMs: 400 } }));
  stage.add(procedureOf('single', answer, { resumption: KEPT, concurrency: 1 }));
  stage.add(procedureOf('one', (_call, value: unknown) => value, { resumption: KEPT, takes: ['value'] }));
  const one = (_call: ProcedureCall, value: unknown): unknown => value;
  stage.add(procedureOf('public_one', one, { resumption: KEPT, takes: ['value'], access: 'public' }));
  stage.add(
    procedureOf(
      'refuses',
      () => {
        throw new ProcedureError({ no: 'money' }, 402);
      },
      { resumption: KEPT },
    ),
  );
});

let users = 0;
let user = '';
beforeEach(() => {
  user = `user-${++users}`;
  models.length = 0;
});

async function connect(userId: string | undefined = user): Promise<TestClient> {
  const client = await stage.connectTo('/ws', [V1]);
  if (userId === '') return client;
  const token = rpcToken({ user_id: userId });
  expect(await client.ask({ event: 'auth', method: 'jwt', token })).toMatchObject({ status: 'ok' });
  return client;
}

const start = (procedure: string, more: object = {}): object => ({
  event: 'call',
  id: 1,
  procedure,
  ...more,
});
const watch = (call: unknown, position?: unknown, id: unknown = 2): object => ({
  event: 'call',
  id,
  call,
  ...(position !== undefined && { position }),
});

/** Starts a call. @returns its id and its model. */
async function begin(client: TestClient, procedure = 'answer'): Promise<{ id: string; model: Model }> {
  const first = await client.ask(start(procedure));
  expect(first).toEqual({
    event: 'call',
    status: 'ok',
    call: expect.stringMatching(ID),
    position: '0',
    more: true,
    id: 1,
  });
  const model = await eventually(() => models.at(-1));
  return { id: String(first.call), model };
}

const got = (data: unknown, position: number, id = 1): Frame => ({
  event: 'call',
  status: 'ok',
  data,
  position: `${position}`,
  more: true,
  id,
});

async function take(client: TestClient, count: number): Promise<Frame[]> {
  const frames: Frame[] = [];
  while (frames.length < count) frames.push(await client.next());
  return frames;
}

const refused = (code: string, id: unknown = 2): object =>
  expect.objectContaining({ event: 'call', status: 'error', code, id });

describe('a call that is kept', () => {
  it('tells its id at the start, and with every result where to go on from', async () => {
    const client = await connect();
    const { model } = await begin(client);
    model.say('a', { b: 12 });
    expect(await take(client, 2)).toEqual([got('a', 1), got({ b: 12 }, 2)]);
    model.finish('c');
    expect(await client.next()).toEqual({ event: 'call', status: 'ok', data: 'c', position: '4', id: 1 });
  });

  it('goes on when its caller is gone, who comes back to what was missed, then to what is live, once and in order', async () => {
    const client = await connect();
    const { id, model } = await begin(client);
    model.say('a', 'b');
    await take(client, 2);
    client.drop();
    model.say('c', 'd');
    const again = await connect();
    expect(await again.ask(watch(id, '1'))).toEqual({ ...got(undefined, 1, 2), call: id, data: undefined });
    expect(await take(again, 3)).toEqual([got('b', 2, 2), got('c', 3, 2), got('d', 4, 2)]);
    model.say('e').finish();
    expect(await take(again, 2)).toEqual([
      got('e', 5, 2),
      { event: 'call', status: 'ok', position: '6', id: 2 },
    ]);
    expect(models).toHaveLength(1);
  });
});

describe('what is kept of a call', () => {
  it('has many watchers, from the beginning without a position, of which each gets all', async () => {
    const client = await connect();
    const { id, model } = await begin(client);
    for (let i = 1; i <= 200; i++) model.say(i);
    model.finish();
    const watchers = await Promise.all([connect(), connect(), connect()]);
    for (const [index, watcher] of watchers.entries())
      watcher.send(watch(id, index === 0 ? undefined : `${index * 50}`));
    for (const [index, watcher] of watchers.entries()) {
      const from = index * 50;
      const frames = await take(watcher, 202 - from);
      expect(frames[0]).toMatchObject({ call: id, position: `${from}`, more: true });
      expect(frames.slice(1, -1)).toEqual(
        Array.from({ length: 200 - from }, (_, at) => got(from + at + 1, from + at + 1, 2)),
      );
      expect(frames.at(-1)).toEqual({ event: 'call', status: 'ok', position: '201', id: 2 });
    }
  });

  it('is told again after the end: results, end and error', async () => {
    const client = await connect();
    const { id, model } = await begin(client);
    model.say('a').fail(new ProcedureError({ out: 'of money' }, 402));
    const failed = { event: 'call', status: 'error', error: { out: 'of money' }, code: 'refused' };
    expect(await take(client, 2)).toEqual([got('a', 1), { ...failed, id: 1 }]);
    expect((await again(client, id)).slice(1)).toEqual([got('a', 1, 2), { ...failed, id: 2 }]);
    expect((await again(client, id, '1')).slice(1)).toEqual([{ ...failed, id: 2 }]);
    // Who has heard of the end hears that there is nothing more.
    expect(await client.ask(watch(id, '2'))).toEqual({ event: 'call', status: 'ok', position: '2', id: 2 });
  });

  it('is the result of a procedure that gives one, with every digit', async () => {
    const client = await connect();
    client.send(
      '{"event":"call","id":1,"procedure":"one","params":[[12345678901234567890,{"__base64__":"AAE="}]]}',
    );
    const [first, last] = await take2Texts(client);
    expect(last).toBe(
      '{"event":"call","status":"ok","data":[12345678901234567890,{"__base64__":"AAE="}],"position":"2","id":1}',
    );
    expect((await again(client, JSON.parse(first!).call))[1]).toMatchObject({ position: '2' });
    client.send(start('one', { params: [null] }));
    expect((await take(client, 2))[1]).toEqual({ event: 'call', status: 'ok', position: '1', id: 1 });
  });

  it('is an error that the procedure begins with, as of any call', async () => {
    const client = await connect();
    client.send(start('refuses'));
    expect((await take(client, 2))[1]).toEqual({
      event: 'call',
      status: 'error',
      error: { no: 'money' },
      code: 'refused',
      id: 1,
    });
  });

  it('is forgotten after its time, but not while it runs', async () => {
    const client = await connect();
    const { id, model } = await begin(client, 'brief');
    model.say('a');
    await take(client, 1);
    await new Promise((resolve) => setTimeout(resolve, 1_200)); // longer than it is kept
    model.say('b').finish();
    const other = await connect();
    expect((await again(other, id, '1')).slice(1)).toEqual([
      got('b', 2, 2),
      { event: 'call', status: 'ok', position: '3', id: 2 },
    ]);
    await eventually(async () => (await again(other, id)).at(-1)!.code === 'call_not_found', {
      timeoutMs: 20_000,
    });
  });
});

describe('a position', () => {
  it.each(['-1', '1.5', 'x', 7, '3', `${2 ** 60}`])('that is none is refused: %j', async (position) => {
    const client = await connect();
    const { id, model } = await begin(client);
    model.say('a', 'b');
    await take(client, 2);
    expect(await client.ask(watch(id, position))).toEqual(refused('position_lost'));
    model.finish();
  });
});

describe('a position of a node that was quicker', () => {
  it('is waited for', async () => {
    const client = await connect();
    const { id, model } = await begin(client);
    model.say('a', 'b');
    await take(client, 2);
    const quicker = Object.assign(new CallStory(), { count: 3 });
    jest.spyOn(stage.gateway.app.get(CallChannels), 'storyOf').mockResolvedValueOnce(quicker);
    const watcher = await connect();
    expect(await watcher.ask(watch(id, '3'))).toMatchObject({ status: 'ok', position: '3' });
    model.say('c', 'd');
    expect(await watcher.next()).toEqual(got('d', 4, 2));
    model.finish();
  });
});

describe('who may watch a call', () => {
  it('is the identity of its caller; to others it looks as if it were none', async () => {
    const client = await connect();
    const { id, model } = await begin(client);
    model.say('a').finish();
    for (const other of [await connect('another'), await connect('')])
      expect(await other.ask(watch(id))).toEqual(refused('call_not_found'));
    const same = await connect();
    for (const none of ['AAAAAAAAAAAAAAAAAAAAAA', 'x', 7, null, {}])
      expect(await same.ask(watch(none))).toEqual(refused('call_not_found'));
    expect(await (await connect('another')).ask({ event: 'cancel', call: id, id: 3 })).toMatchObject({
      code: 'call_not_found',
    });
  });

  it('is whoever has the id, of a call of nobody', async () => {
    const client = await connect('');
    const { id, model } = await begin(client, 'public_answer');
    model.say('a').finish();
    expect((await again(await connect(), id))[1]).toEqual(got('a', 1, 2));
  });
});

describe('an idempotency key', () => {
  it('has a second start be the first', async () => {
    const [one, two] = [await connect(), await connect()];
    const event = start('answer', { idempotency_key: 'k' });
    const [a, b] = await Promise.all([one.ask(event), two.ask(event)]);
    expect(a.call).toBe(b.call);
    expect(models).toHaveLength(1);
    models[0]!.say('a').finish();
    for (const client of [one, two]) expect(await client.next()).toEqual(got('a', 1));
    const other = await connect('another');
    expect((await other.ask(event)).call).not.toBe(a.call);
    models[1]!.finish();
  });

  // A client that asked again for the reply that it had lost was refused, where the call itself took the last place.
  it('is all that a second start needs: no place among the calls', async () => {
    const client = await connect();
    const event = start('single', { idempotency_key: 'k' });
    const { call } = await client.ask(event);
    expect(await client.ask({ ...start('single'), id: 2 })).toEqual(refused('too_many_calls'));
    expect((await (await connect()).ask(event)).call).toBe(call);
    for (let id = 2; id < 5; id++) expect(await client.ask({ ...start('answer'), id })).toMatchObject({ id });
    expect(await client.ask({ ...start('answer'), id: 9 })).toEqual(refused('too_many_calls', 9));
    expect((await (await connect()).ask(event)).call).toBe(call);
    expect(await client.ask({ ...start('answer', { idempotency_key: 'other' }), id: 9 })).toEqual(
      refused('too_many_calls', 9),
    );
    for (const model of models) model.finish();
  });

  // Every start with the key was told `call_not_found`, as long as somebody tried.
  it('is for a new call when that of the first start is kept no longer', async () => {
    const client = await connect();
    const event = start('answer', { idempotency_key: 'k' });
    const { call } = await client.ask(event);
    models[0]!.finish();
    await client.next();
    const channels = stage.gateway.app.get(CallChannels);
    const isKept = channels.isKept.bind(channels);
    const forgetting = jest
      .spyOn(channels, 'isKept')
      .mockImplementation(async (id) => id !== call && isKept(id));
    try {
      const again = await client.ask(event);
      expect(again).toMatchObject({ status: 'ok', position: '0' });
      expect(again.call).not.toBe(call);
      expect((await (await connect()).ask(event)).call).toBe(again.call);
      expect(models).toHaveLength(2);
    } finally {
      forgetting.mockRestore();
      models[1]?.finish();
    }
  });

  it('is refused when it is none, and where calls are not kept', async () => {
    const client = await connect();
    expect(await client.ask(start('answer', { idempotency_key: '' }))).toEqual(
      refused('invalid_idempotency_key', 1),
    );
    expect(await client.ask(start('add', { params: [1, 2], idempotency_key: 'k' }))).toEqual(
      refused('not_resumable', 1),
    );
  });
});

describe('the end of a call', () => {
  it('is no matter of who ceases to watch, but of who cancels it', async () => {
    const client = await connect();
    const { id, model } = await begin(client);
    expect(await answers(client, { event: 'cancel', id: 1 }, 2)).toEqual([
      { event: 'cancel', status: 'ok', id: 1 },
      refused('watch_cancelled', 1),
    ]);
    model.say('a');
    client.send(watch(id));
    expect((await take(client, 2))[1]).toEqual(got('a', 1, 2));
    const cancelled = await answers(client, { event: 'cancel', call: id, id: 3 }, 2);
    expect(cancelled).toContainEqual({ event: 'cancel', status: 'ok', id: 3 });
    expect(cancelled).toContainEqual(refused('call_cancelled'));
    expect(model.call.signal.aborted).toBe(true);
    expect((await again(client, id)).at(-1)).toEqual(refused('call_cancelled'));
    expect(await client.ask({ event: 'cancel', call: id, id: 4 })).toMatchObject({
      code: 'call_not_found',
      id: 4,
    });
  });

  it('comes a while after the last watcher has left, where the procedure says so', async () => {
    const client = await connect();
    const { id, model } = await begin(client, 'abandoned');
    model.say('a');
    await take(client, 1);
    await new Promise((resolve) => setTimeout(resolve, 400)); // longer than the grace
    expect(model.call.signal.aborted).toBe(false);
    client.drop();
    await eventually(() => model.call.signal.aborted, { timeoutMs: 20_000 });
    expect((await again(await connect(), id)).slice(1)).toEqual([got('a', 1, 2), refused('call_abandoned')]);
  });

  it('comes with an error when it gives more than is kept, never a part', async () => {
    const client = await connect();
    const { model } = await begin(client, 'small');
    for (let i = 0; i < 40; i++) model.say('x'.repeat(100));
    const frames: Frame[] = [];
    do frames.push(await client.next());
    while (frames.at(-1)!.status === 'ok');
    expect(frames.at(-1)).toEqual(refused('call_too_large', 1));
    expect(frames.length).toBeLessThan(12);
    expect(model.call.signal.aborted).toBe(true);
  });
});

describe('a call that says nothing', () => {
  // It was forgotten while it ran, and who came then was told that there was none.
  it('is kept for as long as its bytes go, then ends with an error', async () => {
    const client = await connect();
    const { id, model } = await begin(client, 'quiet');
    expect(await client.next()).toEqual(refused('call_too_large', 1));
    expect(model.call.signal.aborted).toBe(true);
    expect((await again(client, id)).at(-1)).toEqual(refused('call_too_large'));
  });
});

describe('limits of an identity', () => {
  it('hold for what is kept of all its calls', async () => {
    const client = await connect();
    const { model } = await begin(client);
    model.say('x'.repeat(40_000)).finish();
    await take(client, 2);
    expect(await client.ask(start('answer'))).toEqual(refused('too_many_calls', 1));
    const other = await connect('another-one');
    expect(await other.ask(start('one', { params: ['x'.repeat(40_000)] }))).toMatchObject({ status: 'ok' });
    await other.next();
    expect(await other.ask(start('one', { params: [1] }))).toEqual(refused('too_many_calls', 1));
  });

  it('hold for calls that run, and for those that are kept', async () => {
    const client = await connect();
    const ids: unknown[] = [];
    for (let id = 0; id < 4; id++) ids.push((await client.ask({ ...start('answer'), id })).call);
    expect(await client.ask({ ...start('answer'), id: 9 })).toEqual(refused('too_many_calls', 9));
    const kept = (): Promise<number> => stage.gateway.metric('kittiwake_kept_calls_running');
    expect(await kept()).toBeGreaterThanOrEqual(4);
    for (const model of models) model.finish();
    await take(client, 4);
    for (let id = 0; id < 4; id++)
      await client.ask({ ...start('one', { params: [1] }), id }).then(() => client.next());
    expect(await client.ask({ ...start('answer'), id: 9 })).toEqual(refused('too_many_calls', 9));
    const other = await connect('another');
    expect(await other.ask(start('one', { params: [1] }))).toMatchObject({ status: 'ok' });
  });
});

describe('over /rpc', () => {
  it('has the same for clients of kittiwake.v1.json', async () => {
    const client = await stage.connectTo(`/rpc/token/${rpcToken({ user_id: user })}`, [V1]);
    const first = await client.ask({ function_name: 'answer', marker: 1 });
    expect(first).toEqual({ marker: 1, call: expect.stringMatching(ID), position: '0', eod: 0 });
    models[0]!.say('a');
    expect(await client.next()).toEqual({ result: 'a', marker: 1, position: '1', eod: 0 });
    client.send({ call: first.call, position: '0', marker: 2 });
    expect((await take(client, 2)).at(-1)).toEqual({ result: 'a', marker: 2, position: '1', eod: 0 });
    const frames = await answers(client, { cancel_call: first.call, marker: 3 }, 3);
    expect(frames).toContainEqual({ result: null, marker: 3, eod: 1 });
    for (const marker of [1, 2])
      expect(frames).toContainEqual({ error: 'The call was cancelled.', marker, code: 'call_cancelled' });
    expect(await client.ask({ call: 'x', marker: 4 })).toMatchObject({ marker: 4, code: 'call_not_found' });
    expect(await client.ask({ call: first.call })).toMatchObject({ code: 'invalid_frame' });
  });

  it("is as it was for Shirow's", async () => {
    const client = await stage.connectTo(`/rpc/token/${rpcToken({ user_id: user })}`);
    client.send({ function_name: 'answer', parameters_list: [], marker: 1, idempotency_key: 7 });
    const model = await eventually(() => models.at(-1));
    model.say('a').finish('b');
    expect([await client.text(), await client.text()]).toEqual([
      '{"result":"a","marker":1,"eod":0}',
      '{"result":"b","marker":1,"eod":1}',
    ]);
    client.send({ call: 'x', marker: 4 });
    expect(await client.next()).toMatchObject({ marker: 4, error: expect.stringContaining('function_name') });
    client.send({ function_name: 'answer', parameters_list: [], marker: 2 });
    const left = await eventually(() => models[1]);
    client.drop();
    await eventually(() => left.call.signal.aborted);
  });
});

describe('over HTTP', () => {
  const url = (path: string): string => `${stage.gateway.httpUrl}/rpc/${path}`;
  const headers = (more: Record<string, string> = {}, userId = user): Record<string, string> => ({
    Authorization: `Bearer ${rpcToken({ user_id: userId })}`,
    ...more,
  });
  const EVENTS = { Accept: 'text/event-stream' };
  const LINES = { Accept: 'application/x-ndjson' };

  /** Starts a call whose answer is a stream of events. */
  async function post(): Promise<{ id: string; answer: Response; model: Model }> {
    const answer = await fetch(url('answer'), { method: 'POST', headers: headers(EVENTS) });
    const id = answer.headers.get('Kittiwake-Call')!;
    expect(id).toMatch(ID);
    return { id, answer, model: await eventually(() => models.at(-1)) };
  }

  it('tells the id before there is any result, and with every event where to go on from', async () => {
    const { answer, model } = await post();
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, 'text/event-stream']);
    model.say('a', { b: 'x\ny' }).finish('c');
    expect(await answer.text()).toBe(
      'id: 1\ndata: "a"\n\nid: 2\ndata: {"b":"x\\ny"}\n\nid: 3\ndata: "c"\n\nevent: end\nid: 4\ndata: null\n\n',
    );
  });

  it('has an EventSource come back with its last id, until it has it all', async () => {
    const { id, answer, model } = await post();
    model.say('a', 'b');
    const reader = answer.body!.getReader();
    await reader.read();
    await reader.cancel();
    model.say('c').finish();
    const back = async (last: string): Promise<Response> =>
      fetch(url(`calls/${id}`), { headers: headers({ ...EVENTS, 'Last-Event-ID': last }) });
    expect(await (await back('1')).text()).toBe(
      'id: 2\ndata: "b"\n\nid: 3\ndata: "c"\n\nevent: end\nid: 4\ndata: null\n\n',
    );
    expect((await back('4')).status).toBe(204);
    expect(model.call.signal.aborted).toBe(false);
  });

  it('gives lines, MessagePack and JSON, from a position in the query', async () => {
    const { id, model } = await post();
    model.say('a', 'b').finish();
    const from = (position: string, accept: Record<string, string>): Promise<Response> =>
      fetch(url(`calls/${id}?position=${position}`), { headers: headers(accept) });
    expect(await (await from('0', LINES)).text()).toBe('"a"\n"b"\n');
    expect(await (await from('1', {})).text()).toBe('"b"\n');
    const packed = await (await from('0', { Accept: 'application/x-msgpack' })).arrayBuffer();
    expect(Buffer.from(packed).toString('latin1')).toBe('\xa1a\xa1b');
  });

  it('tells an error that the procedure begins with as ever, and one after results as an event', async () => {
    const refused = await fetch(url('refuses'), { method: 'POST', headers: headers() });
    expect([refused.status, await refused.json()]).toEqual([402, { error: { no: 'money' } }]);
    const kept = await fetch(url(`calls/${refused.headers.get('Kittiwake-Call')}`), { headers: headers() });
    expect([kept.status, await kept.json()]).toEqual([402, { error: { no: 'money' } }]);
    const { answer, model } = await post();
    model.say('a').fail(new ProcedureError('out of money'));
    expect(await answer.text()).toBe(
      'id: 1\ndata: "a"\n\nevent: error\nid: 2\ndata: {"error":"out of money"}\n\n',
    );
  });

  // An EventSource that had come back was told the end as event 1, came back again, and had all the results twice.
  it('tells who has come back an error with the position that it has', async () => {
    const { id, answer, model } = await post();
    model.say('a', 'b');
    await answer.body!.cancel();
    const back = await fetch(url(`calls/${id}`), { headers: headers({ ...EVENTS, 'Last-Event-ID': '2' }) });
    model.fail(new ProcedureError('out of money'));
    expect(await back.text()).toBe('event: error\nid: 3\ndata: {"error":"out of money"}\n\n');
    const atEnd = await fetch(url(`calls/${id}?position=3`), { headers: headers(EVENTS) });
    expect(atEnd.status).toBe(204);
  });

  // It had the position of the next result, which an EventSource that came back did not get.
  it('tells an error of the answer alone, which is not the end of the call, without a position', async () => {
    const { id, model } = await post();
    model.say('a');
    const token = rpcToken({ user_id: user, exp: (Date.now() - 4_500) / 1000 }); // 5 s are tolerated
    const answer = await fetch(url(`calls/${id}`), {
      headers: { ...EVENTS, Authorization: `Bearer ${token}` },
    });
    expect(await answer.text()).toBe(
      'id: 1\ndata: "a"\n\nevent: error\ndata: {"error":"The token has expired."}\n\n',
    );
    model.finish();
  });

  it('gives one result whole to who has called, with the id beside it', async () => {
    const answer = await fetch(url('one'), {
      method: 'POST',
      headers: headers({ 'Content-Type': 'application/json' }),
      body: '{"value":{"big":12345678901234567890}}',
    });
    expect([answer.status, answer.headers.get('Content-Length'), await answer.text()]).toEqual([
      200,
      '29',
      '{"big":12345678901234567890}\n',
    ]);
  });

  it('has one start for one Idempotency-Key', async () => {
    const begin = (): Promise<Response> =>
      fetch(url('answer'), { method: 'POST', headers: headers({ ...EVENTS, 'Idempotency-Key': 'k' }) });
    const answers = await Promise.all([begin(), begin()]);
    const ids = new Set(answers.map((answer) => answer.headers.get('Kittiwake-Call')));
    expect([ids.size, models.length]).toEqual([1, 1]);
    models[0]!.say('a').finish();
    for (const answer of answers) expect(await answer.text()).toContain('id: 1\ndata: "a"\n\n');
  });

  it('ends a call by DELETE, and answers for what is not there, is lost, or is of another', async () => {
    const { id, answer, model } = await post();
    const ask = async (path: string, options: RequestInit = {}): Promise<[number, unknown]> => {
      const response = await fetch(url(path), { headers: headers(), ...options });
      const text = await response.text();
      return [response.status, text === '' ? '' : (JSON.parse(text) as { code?: unknown }).code];
    };
    const another = { headers: headers({}, 'another') };
    expect(await ask(`calls/${id}`, another)).toEqual([404, 'call_not_found']);
    expect(await ask(`calls/${id}`, { ...another, method: 'DELETE' })).toEqual([404, 'call_not_found']);
    expect(await ask(`calls/${id}?position=7`)).toEqual([410, 'position_lost']);
    expect(await ask(`calls/${id}`, { method: 'DELETE', headers: headers() })).toEqual([204, '']);
    expect(model.call.signal.aborted).toBe(true);
    expect(await answer.text()).toBe(
      'event: error\nid: 1\ndata: {"error":"The call was cancelled.","code":"call_cancelled"}\n\n',
    );
    expect(await ask(`calls/${id}`)).toEqual([410, 'call_cancelled']);
    expect(await ask('calls/AAAAAAAAAAAAAAAAAAAAAA')).toEqual([404, 'call_not_found']);
    expect(await ask('calls/x/y')).toEqual([404, undefined]);
  });

  it('is open to pages of the allowed origins, which can read the id', async () => {
    const { origin } = new URL(stage.gateway.httpUrl);
    const answer = await fetch(url('refuses'), { method: 'POST', headers: headers({ Origin: origin }) });
    expect(answer.headers.get('Access-Control-Expose-Headers')).toBe('Kittiwake-Call');
    const asked = await fetch(url('calls/x'), {
      method: 'OPTIONS',
      headers: { Origin: origin, 'Access-Control-Request-Method': 'DELETE' },
    });
    expect(asked.headers.get('Access-Control-Allow-Methods')).toBe('GET, POST, DELETE');
  });
});

describe('10,000 calls', () => {
  it('leave nothing behind: no timer, no channel, nothing that runs', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const client = await connect('');
    const before = timers();
    for (let round = 0; round < 100; round++) {
      for (let id = 0; id < 100; id++) client.send({ ...start('public_one', { params: [id] }), id });
      const frames = await take(client, 200);
      expect(frames.filter(({ more }) => more !== true).map(({ data }) => data)).toHaveLength(100);
    }
    expect(timers()).toBeLessThan(before + 20);
    expect(stage.gateway.app.get(Hub).channelCount).toBe(0);
    for (const name of ['kittiwake_kept_calls_running', 'kittiwake_kept_call_watchers'])
      await eventually(async () => (await stage.gateway.metric(name)) === 0);
  }, 40_000);
});

/** All frames about a call that is watched from a position, up to its end. */
async function again(client: TestClient, id: unknown, position?: string): Promise<Frame[]> {
  client.send(watch(id, position));
  const frames: Frame[] = [];
  do frames.push(await client.next());
  while (frames.at(-1)!.more === true);
  return frames;
}

async function answers(client: TestClient, event: object, count: number): Promise<Frame[]> {
  client.send(event);
  return take(client, count);
}

async function take2Texts(client: TestClient): Promise<string[]> {
  return [await client.text(), await client.text()];
}
