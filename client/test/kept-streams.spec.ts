import { getEventListeners } from 'node:events';
import { kept, KittiwakeError, type KeptStorage, stream, watchCall } from 'kittiwake-client';
import { fakeServer } from 'kittiwake-client/testing';
import { World } from './world.js';

/** What is kept in memory, like `sessionStorage`. */
class Texts implements KeptStorage {
  readonly all = new Map<string, string>();
  getItem = (key: string): string | null => this.all.get(key) ?? null;
  setItem = (key: string, text: string): void => void this.all.set(key, text);
  removeItem = (key: string): void => void this.all.delete(key);
}

/** A model that says a word each 100 ms, in calls that are kept. */
class ModelWorld extends World {
  runs = 0;
  length = 10;

  constructor(options: ConstructorParameters<typeof World>[0] = {}, server = fakeServer()) {
    super({ backOff: { baseMs: 200, maxMs: 200 }, ...options }, server);
    server.procedure('answer', (prompt: string) => this.say(prompt), { resumable: true });
  }

  async *say(prompt: string): AsyncGenerator<string, void> {
    this.runs++;
    for (let n = 1; n <= this.length; n++) {
      await new Promise<void>((resolve) => void this.server.clock.set(resolve, 100));
      yield `${prompt}${n}`;
    }
  }

  get text(): string[] {
    return Array.from({ length: this.length }, (_, index) => `a${index + 1}`);
  }

  /** The frames of calls, without what differs each time. */
  get calls(): unknown[] {
    return this.got('call').map(({ procedure, call, position }) => procedure ?? [call, position]);
  }
}

/** What is read, and how that ended. */
function reading(items: AsyncIterable<unknown>): { texts: unknown[]; end: Promise<unknown> } {
  const texts: unknown[] = [];
  const end = (async () => {
    for await (const item of items) texts.push(item);
    return 'end';
  })().catch((error: unknown) => (error instanceof KittiwakeError ? error.code : error));
  return { texts, end };
}

describe('a stream that is kept', () => {
  it('goes on over lost connections, once and in order, and was begun once', async () => {
    const world = new ModelWorld();
    const answer = stream(world.client, 'answer', ['a'], { resumable: kept() });
    const { texts, end } = reading(answer);
    await world.pass(350);
    expect([texts.length, answer.call, answer.position]).toEqual([3, 'fake-call-1', '3']);
    world.server.cut();
    await world.pass(300);
    world.server.cut();
    await world.pass(1000);
    expect([await end, texts, world.runs, answer.position]).toEqual(['end', world.text, 1, '11']);
    expect(world.calls.slice(0, 2)).toEqual(['answer', ['fake-call-1', '3']]);
    expect(world.client.inspect()).toMatchObject({ pending: 0, queued: 0 });
    await world.pass(60_000);
    expect(world.server.connections).toBe(0);
  });

  it('waits as long as it takes for a connection, and goes on in a moment', async () => {
    const world = new ModelWorld();
    const { texts, end } = reading(stream(world.client, 'answer', ['a'], { resumable: kept() }));
    await world.pass(350);
    world.server.refuse();
    world.server.cut();
    await world.pass(600_000);
    expect(texts).toHaveLength(3);
    world.server.refuse(false);
    await world.pass(1000);
    expect([await end, texts, world.runs]).toEqual(['end', world.text, 1]);
  });

  it('goes on as who it was: not before the gateway knows that, however long that takes', async () => {
    const world = new ModelWorld({ auth: { token: () => 'T' } });
    world.length = 400;
    const { texts, end } = reading(stream(world.client, 'answer', ['a'], { resumable: kept() }));
    await world.pass(30_000);
    let isDown = true;
    world.server.authenticate(() => (isDown ? 'service_unavailable' : undefined));
    world.server.cut();
    await world.pass(5000);
    expect([world.got('call').length, world.client.state]).toEqual([1, 'live']);
    isDown = false;
    await world.pass(60_000);
    expect([await end, texts, world.runs]).toEqual(['end', world.text, 1]);
  });

  it('is one of any number that wait for a connection', async () => {
    const world = new ModelWorld({ queue: 1 });
    void world.client.connect();
    await world.pass(0);
    const all = ['a', 'a', 'a'].map((prompt) =>
      reading(stream(world.client, 'answer', [prompt], { resumable: kept() })),
    );
    await world.pass(150);
    world.server.cut();
    await world.pass(2000);
    for (const { texts, end } of all) expect([await end, texts]).toEqual(['end', world.text]);
  });

  it('is begun once though the reply was lost, by a key that nobody guesses', async () => {
    const world = new ModelWorld();
    const say = world.say.bind(world);
    world.server.procedure(
      'answer',
      (prompt: string) => {
        world.server.silence();
        return say(prompt);
      },
      { resumable: true },
    );
    const { texts, end } = reading(stream(world.client, 'answer', ['a'], { resumable: kept() }));
    await world.pass(50);
    expect([world.runs, texts]).toEqual([1, []]);
    world.server.silence(false);
    world.server.cut();
    await world.pass(2000);
    expect([await end, texts, world.runs]).toEqual(['end', world.text, 1]);
    const other = reading(stream(world.client, 'answer', ['a'], { resumable: kept() }));
    await world.pass(0);
    world.client.close();
    expect(await other.end).toBe('closed');
    const keys = world.got('call').map(({ idempotency_key: key }) => String(key));
    expect(keys.every((key) => /^[\da-f]{32}$/.test(key))).toBe(true);
    expect([keys.length, keys[0] === keys[1], keys[1] === keys[2]]).toEqual([3, true, false]);
  });

  it('is left by its loop, its signal and by `return`, at once, and goes on without', async () => {
    const world = new ModelWorld();
    const abort = new AbortController();
    const resumable = kept();
    const aborted = reading(stream(world.client, 'answer', ['a'], { resumable, signal: abort.signal }));
    const returned = stream(world.client, 'answer', ['a'], { resumable });
    const broken = stream(world.client, 'answer', ['a'], { resumable });
    const breaking = (async () => {
      for await (const text of broken) if (text === 'a2') break;
    })();
    const rest = reading(returned);
    await world.pass(250);
    abort.abort('enough');
    await returned.return();
    await breaking;
    expect([await aborted.end, await rest.end, broken.position]).toEqual(['enough', 'end', '2']);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
    await world.pass(0);
    expect(world.got('cancel').map(({ call }) => call)).toEqual([undefined, undefined, undefined]);
    expect(world.client.inspect()).toMatchObject({ pending: 0, queued: 0 });
    const later = reading(
      watchCall(world.client, 'answer', { call: broken.call!, position: broken.position }),
    );
    await world.pass(2000);
    expect([await later.end, later.texts, world.runs]).toEqual(['end', world.text.slice(2), 3]);
  });

  it('is left while there is no connection', async () => {
    const world = new ModelWorld();
    const answer = stream(world.client, 'answer', ['a'], { resumable: kept() });
    const { end } = reading(answer);
    await world.pass(150);
    world.server.refuse();
    world.server.cut();
    await world.pass(500);
    await answer.return();
    expect(await end).toBe('end');
    await world.pass(60_000);
    expect([world.client.state, world.server.clock.timers]).toEqual(['idle', 0]);
  });

  it('is cancelled by its id, for all who watch it, even before that is known', async () => {
    const world = new ModelWorld();
    const answer = stream(world.client, 'answer', ['a'], { resumable: kept() });
    const { end } = reading(answer);
    const quick = stream(world.client, 'answer', ['b'], { resumable: kept() });
    const quickEnd = reading(quick).end;
    const soon = quick.cancel();
    await world.pass(150);
    await soon;
    const other = reading(watchCall(world.client, 'answer', { call: answer.call! }));
    await Promise.all([answer.cancel(), world.pass(0)]);
    expect(await Promise.all([end, other.end, quickEnd])).toEqual(Array(3).fill('call_cancelled'));
    await expect(answer.cancel()).rejects.toMatchObject({ code: 'call_not_found' });
    const unread = stream(world.client, 'answer', ['c'], { resumable: kept() });
    await unread.cancel();
    expect(await reading(unread).end).toBe('call_cancelled');
    expect(world.runs).toBe(2);
  });

  it('ends with what the gateway says: the error of the call, a position or a call that is gone', async () => {
    const world = new ModelWorld();
    world.server.procedure(
      'lost',
      async function* () {
        yield await Promise.resolve(1);
        throw new KittiwakeError('call_lost');
      },
      { resumable: true },
    );
    world.server.procedure('plain', () => 1);
    const { client } = world;
    const lost = reading(stream(client, 'lost', [], { resumable: kept() }));
    const ends = Promise.all([
      lost.end,
      reading(stream(client, 'plain', [], { resumable: kept() })).end,
      reading(watchCall(client, 'answer', { call: 'none' })).end,
    ]);
    await world.pass(0);
    expect([await ends, lost.texts]).toEqual([['call_lost', 'not_resumable', 'call_not_found'], [1]]);
    const gone = reading(watchCall(client, 'lost', { call: 'fake-call-1', position: '9' }));
    await world.pass(0);
    expect(await gone.end).toBe('position_lost');
  });

  it('has a time limit until it is known that it has begun, over all connections', async () => {
    const world = new ModelWorld();
    world.server.refuse();
    const late = reading(stream(world.client, 'answer', ['a'], { resumable: kept(), timeoutMs: 5000 }));
    const hasty = reading(stream(world.client, 'answer', ['a'], { resumable: kept(), wait: false }));
    await world.pass(5000);
    expect([await late.end, await hasty.end]).toEqual(['timeout', 'not_connected']);
    world.server.refuse(false);
    world.client.close();
    expect(await reading(stream(world.client, 'answer', ['a'], { resumable: kept() })).end).toBe('closed');
  });

  it('comes back for what is kept when it is read too slowly', async () => {
    const world = new ModelWorld();
    world.length = 100;
    const answer = stream(world.client, 'answer', ['a'], { resumable: kept(), buffer: 10 });
    const first = answer.next();
    await world.pass(20_000);
    expect((await first).value).toBe('a1');
    const { texts, end } = reading(answer);
    await world.pass(20_000);
    expect([await end, texts, world.runs]).toEqual(['end', world.text.slice(1), 1]);
  });

  it('is not one that ends with its connection, of the same procedure', async () => {
    const world = new ModelWorld();
    const whole = reading(stream(world.client, 'answer', ['a']));
    await world.pass(2000);
    expect([await whole.end, whole.texts]).toEqual(['end', world.text]);
    const cut = reading(stream(world.client, 'answer', ['a']));
    await world.pass(150);
    world.server.cut();
    expect([await cut.end, cut.texts]).toEqual(['connection_lost', ['a1']]);
  });

  it('leaves nothing of its signal, and is kept when it could not be watched now', async () => {
    const world = new ModelWorld();
    const storage = new Texts();
    const { signal } = new AbortController();
    const whole = reading(stream(world.client, 'answer', ['a'], { resumable: kept(), signal }));
    await world.pass(2000);
    expect([await whole.end, getEventListeners(signal, 'abort')]).toEqual(['end', []]);
    storage.setItem('kittiwake:x', 'key id');
    const busy = reading(stream(world.client, 'answer', ['a'], { resumable: kept('x', () => storage) }));
    world.server.silence();
    await world.pass(0);
    world.server.silence(false);
    const { id } = world.got('call').at(-1)!;
    world.server.send({ event: 'call', id, status: 'error', error: 'busy', code: 'too_many_calls' });
    expect([await busy.end, storage.all.size]).toEqual(['too_many_calls', 1]);
  });

  it('gives what a procedure returns at its end, too', async () => {
    const world = new ModelWorld();
    world.server.procedure('one', (n: number) => n + 1, { resumable: true });
    const { texts, end } = reading(stream(world.client, 'one', [1], { resumable: kept() }));
    await world.pass(0);
    expect([await end, texts]).toEqual(['end', [2]]);
  });
});

describe('a stream that is kept for a page', () => {
  const page = (world: ModelWorld, texts: KeptStorage): ReturnType<typeof reading> =>
    reading(stream(world.client, 'answer', ['a'], { resumable: kept('answer-7', () => texts) }));

  it('goes on after a reload, with all of it, and is forgotten at its end', async () => {
    const storage = new Texts();
    const before = new ModelWorld();
    void page(before, storage);
    await before.pass(350);
    const after = new ModelWorld({}, before.server);
    const { texts, end } = page(after, storage);
    await after.pass(20);
    expect(texts).toEqual(after.text.slice(0, 3));
    expect(String([...storage.all])).toMatch(/^kittiwake:answer-7,[\da-f]{32} fake-call-1$/);
    await after.pass(2000);
    expect([await end, texts, before.runs + after.runs]).toEqual(['end', after.text, 1]);
    expect(storage.all.size).toBe(0);
  });

  it('goes on though the page was gone before its start was answered', async () => {
    const storage = new Texts();
    const before = new ModelWorld();
    void page(before, storage);
    expect([...storage.all.values()].join()).toMatch(/^[\da-f]{32}$/);
    await before.pass(0);
    const key = String(before.got('call')[0]!['idempotency_key']);
    storage.all.set('kittiwake:answer-7', key);
    const { texts, end } = page(before, storage);
    await before.pass(2000);
    expect([await end, texts, before.runs]).toEqual(['end', before.text, 1]);
  });

  it('is forgotten when it is cancelled or gone, and not when it could not be asked for', async () => {
    const storage = new Texts();
    const world = new ModelWorld();
    world.server.refuse();
    const late = page(world, storage);
    await world.pass(20_000);
    expect([await late.end, storage.all.size]).toEqual(['timeout', 1]);
    world.server.refuse(false);
    storage.all.set('kittiwake:answer-7', 'key gone');
    const gone = page(world, storage);
    await world.pass(1000);
    expect([await gone.end, storage.all.size]).toEqual(['call_not_found', 0]);
    const answer = stream(world.client, 'answer', ['a'], { resumable: kept('x', () => storage) });
    const { end } = reading(answer);
    await world.pass(150);
    await Promise.all([answer.cancel(), world.pass(0)]);
    expect([await end, storage.all.size]).toEqual(['call_cancelled', 0]);
  });

  it('leaves its name to another as soon as it is cancelled', async () => {
    const storage = new Texts();
    const world = new ModelWorld();
    const open = (): ReturnType<typeof watchCall> =>
      stream(world.client, 'answer', ['a'], { resumable: kept('x', () => storage) });
    const old = open();
    const cancelled = reading(old);
    await world.pass(150);
    const cancelling = old.cancel();
    await Promise.resolve();
    const { texts, end } = reading(open());
    await world.pass(150);
    await cancelling;
    expect([await cancelled.end, texts, storage.all.size]).toEqual(['call_cancelled', ['a1'], 1]);
    await world.pass(2000);
    expect([await end, texts, world.runs, storage.all.size]).toEqual(['end', world.text, 2, 0]);
  });

  it('is forgotten at its end only where its name is not that of another by then', async () => {
    const storage = new Texts();
    const world = new ModelWorld();
    const { end } = page(world, storage);
    await world.pass(150);
    storage.setItem('kittiwake:answer-7', 'other call');
    await world.pass(2000);
    expect([await end, ...storage.all.values()]).toEqual(['end', 'other call']);
  });

  it('is not forgotten when its start was sent and never answered, over all connections within the time', async () => {
    const storage = new Texts();
    const world = new ModelWorld({ timeoutMs: 5000 });
    world.client.on('state', (state) => world.server.silence(state === 'live'));
    const { end } = page(world, storage);
    for (let cuts = 0; cuts < 4; cuts++) {
      await world.pass(2000);
      world.server.cut();
    }
    expect([await end, storage.all.size]).toEqual(['timeout', 1]);
    expect(world.got('call').length).toBeGreaterThan(1);
  });

  it.each([
    ['none', undefined],
    ['not one that may be asked', null],
    [
      'full',
      {
        getItem: () => null,
        setItem() {
          throw new Error('quota');
        },
        removeItem: () => {},
      },
    ],
  ])('goes on without a reload where the storage is %s', async (_, storage) => {
    const world = new ModelWorld();
    const resumable = kept('x', () => {
      if (storage === null) throw new Error('blocked');
      return storage;
    });
    const { texts, end } = reading(stream(world.client, 'answer', ['a'], { resumable }));
    await world.pass(350);
    world.server.cut();
    await world.pass(2000);
    expect([await end, texts, world.runs]).toEqual(['end', world.text, 1]);
  });
});
