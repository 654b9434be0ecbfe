import { getEventListeners } from 'node:events';
import { call, KittiwakeError, stream } from 'kittiwake-client';
import { World } from './world.js';

async function liveWorld(): Promise<World> {
  const world = new World();
  world.server.procedure('add', (a: number, b: number) => a + b);
  world.server.procedure('hang', () => new Promise(() => {}));
  world.server.procedure('count', async function* (to: number) {
    for (let n = 0; n < to; n++) yield await Promise.resolve(n);
  });
  void world.client.connect();
  await world.pass(0);
  return world;
}

async function all(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const read: unknown[] = [];
  for await (const item of items) read.push(item);
  return read;
}

/** How something ended, once it has. */
const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch((error: unknown) => (error instanceof KittiwakeError ? [error.code, error.sent] : error));

describe('a call', () => {
  it('has the result of the procedure, or its error', async () => {
    const world = await liveWorld();
    const ended = Promise.all([
      outcome(call(world.client, 'add', [1, 2])),
      outcome(call(world.client, 'nothing')),
    ]);
    await world.pass(0);
    expect(await ended).toEqual([3, ['procedure_undefined', true]]);
  });

  it('waits for the connection, within its time', async () => {
    const world = new World();
    world.server.procedure('add', (a: number, b: number) => a + b);
    world.server.refuse();
    const ended = Promise.all([
      outcome(call(world.client, 'add', [1, 2])),
      outcome(call(world.client, 'add', [1, 2], { timeoutMs: 1000 })),
      outcome(call(world.client, 'add', [1, 2], { wait: false })),
    ]);
    await world.pass(2000);
    world.server.refuse(false);
    await world.pass(10_000);
    expect(await ended).toEqual([3, ['timeout', false], ['not_connected', false]]);
    expect(world.got('call')).toHaveLength(1);
  });

  it('says that it was sent when the connection is lost, and is repeated only if that is asked for', async () => {
    const world = await liveWorld();
    const ended = Promise.all([
      outcome(call(world.client, 'hang')),
      outcome(call(world.client, 'hang', [], { retry: true, timeoutMs: 8000 })),
    ]);
    await world.pass(0);
    world.server.cut();
    await world.pass(10_000);
    expect(await ended).toEqual([
      ['connection_lost', true],
      ['timeout', true],
    ]);
    expect(world.got('call')).toHaveLength(3);
  });

  it('is one of a hundred that may wait', async () => {
    const world = new World();
    world.server.refuse();
    const all = Array.from({ length: 101 }, () => outcome(call(world.client, 'add', [1, 2])));
    await expect(all[100]).resolves.toEqual(['queue_full', false]);
    await world.pass(20_000);
    expect(new Set((await Promise.all(all.slice(0, 100))).map(String))).toEqual(new Set(['timeout,false']));
    world.server.refuse(false);
    void world.client.connect();
    await world.pass(60_000);
    expect(world.got('call')).toEqual([]);
  });

  it('is cancelled when its signal is aborted or its time is up, once', async () => {
    const world = await liveWorld();
    const before = outcome(call(world.client, 'hang', [], { signal: AbortSignal.abort('before') }));
    const abort = new AbortController();
    const during = outcome(call(world.client, 'hang', [], { signal: abort.signal }));
    const late = outcome(call(world.client, 'hang', [], { timeoutMs: 500 }));
    await world.pass(0);
    abort.abort('during');
    await world.pass(500);
    expect(await Promise.all([before, during, late])).toEqual(['before', 'during', ['timeout', true]]);
    const ids = world.got('call').map(({ id }) => id);
    expect(world.got('cancel').map(({ id }) => id)).toEqual(ids);
  });

  it('is not sent when its signal is aborted while it waits', async () => {
    const world = new World();
    const abort = new AbortController();
    const waiting = outcome(call(world.client, 'add', [1, 2], { signal: abort.signal }));
    abort.abort('enough');
    await world.pass(1000);
    expect([await waiting, world.got('call'), world.got('cancel')]).toEqual(['enough', [], []]);
  });

  it('is rejected at once when its parameters are not JSON', async () => {
    const world = await liveWorld();
    await expect(call(world.client, 'add', [1n, 2])).rejects.toThrow(TypeError);
    expect(world.client.inspect()).toMatchObject({ pending: 0, queued: 0 });
  });

  it('is rejected when the client is closed', async () => {
    const world = await liveWorld();
    const sent = outcome(call(world.client, 'hang'));
    world.client.close();
    expect(await sent).toEqual(['connection_lost', true]);
    expect(await outcome(call(world.client, 'hang'))).toEqual(['closed', false]);
    expect(world.server.clock.timers).toBe(0);
  });
});

describe('a stream', () => {
  it('has what the procedure yields', async () => {
    const world = await liveWorld();
    const reading = all(stream(world.client, 'count', [3]));
    await world.pass(0);
    expect(await reading).toEqual([0, 1, 2]);
  });

  it('calls nothing before it is read, and is cancelled when the loop is left', async () => {
    const world = await liveWorld();
    const unread = stream(world.client, 'count', [3]);
    world.server.procedure('ever', async function* () {
      for (let n = 0; ; n++)
        yield await new Promise((resolve) => void world.server.clock.set(() => resolve(n), 10));
    });
    const reading = (async () => {
      for await (const n of stream(world.client, 'ever')) if (n === 2) break;
    })();
    await world.pass(100);
    await reading;
    await unread.return();
    expect([world.got('call').length, world.got('cancel').length]).toEqual([1, 1]);
  });

  it('is cancelled once when its signal is aborted, of which it leaves nothing', async () => {
    const world = await liveWorld();
    world.server.procedure('ever', async function* () {
      for (let n = 0; ; n++)
        yield await new Promise((resolve) => void world.server.clock.set(() => resolve(n), 10));
    });
    const abort = new AbortController();
    const { signal } = abort;
    expect(
      await outcome(all(stream(world.client, 'count', [1], { signal: AbortSignal.abort('before') }))),
    ).toBe('before');
    const reading = outcome(all(stream(world.client, 'ever', [], { signal })));
    const quick = all(stream(world.client, 'count', [1], { signal }));
    const sum = call(world.client, 'add', [1, 2], { signal });
    await world.pass(100);
    await Promise.all([quick, sum]);
    expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(2);
    abort.abort('enough');
    await world.pass(100);
    expect([await reading, world.got('cancel').length]).toEqual(['enough', 1]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(world.client.inspect()).toMatchObject({ pending: 0, queued: 0 });
  });

  it('has a time limit for its first result only', async () => {
    const world = await liveWorld();
    world.server.procedure('slow', async function* () {
      yield 1;
      yield await new Promise((resolve) => void world.server.clock.set(() => resolve(2), 60_000));
    });
    const reading = all(stream(world.client, 'slow'));
    const silent = outcome(all(stream(world.client, 'hang')));
    await world.pass(60_000);
    expect([await reading, await silent]).toEqual([
      [1, 2],
      ['timeout', true],
    ]);
  });

  it('ends with the connection, and when it is read too slowly', async () => {
    const world = await liveWorld();
    const slow = stream(world.client, 'count', [100], { buffer: 10 });
    await Promise.all([slow.next(), world.pass(0)]);
    const rest = outcome(all(slow));
    const lost = outcome(all(stream(world.client, 'hang')));
    await world.pass(0);
    world.server.cut();
    expect(await Promise.all([rest, lost])).toEqual([
      ['reader_too_slow', false],
      ['connection_lost', true],
    ]);
  });
});
