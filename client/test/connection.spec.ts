import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import {
  connectionId,
  createClient,
  KittiwakeError,
  type State,
  topic,
  type TransportFactory,
  webSocket,
} from 'kittiwake-client';
import { fakeClock, fakeServer } from 'kittiwake-client/testing';
import { World } from './world.js';

const HOUR = 3_600_000;

describe('a connection', () => {
  it('is not made before something is used, and is live with the first frame', async () => {
    const world = new World();
    await world.pass(HOUR);
    expect(world.server.tries).toHaveLength(0);
    const connected = world.client.connect();
    expect(world.client.state).toBe('connecting');
    await world.pass(0);
    await connected;
    expect(world.states).toEqual(['connecting(asked)', 'live(asked)']);
  });

  it('waits for the first frame, not for an open socket', async () => {
    const world = new World();
    world.server.silence();
    void world.client.connect();
    await world.pass(7999);
    expect(world.client.state).toBe('connecting');
    await world.pass(1);
    expect(world.client.info).toMatchObject({ reason: 'lost', text: 'no first frame in time' });
    expect(world.client.state).toBe('waiting');
  });

  it('waits longer from try to try, at random after the cap, and never gives up', async () => {
    const world = new World();
    world.server.refuse();
    void world.client.connect();
    await world.pass(HOUR);
    const { tries } = world.server;
    const waits = tries.slice(1).map((atMs, index) => atMs - tries[index]!);
    waits.forEach((ms, index) => {
      const longest = Math.min(20_000, 750 * 2 ** index);
      expect(ms).toBeGreaterThanOrEqual(longest / 3);
      expect(ms).toBeLessThan(longest);
    });
    expect(tries.length).toBeGreaterThan(150);
    expect(new Set(waits.slice(10).map(Math.round)).size).toBeGreaterThan(100);
  });

  it('does not hammer a gateway that accepts and closes at once', async () => {
    const world = new World();
    void world.client.connect();
    world.client.on('state', (state) => state === 'live' && world.server.cut(1011));
    await world.pass(30_000);
    expect(world.server.tries.length).toBeLessThanOrEqual(8);
  });

  it.each([1, 2])('does not hammer a gateway that refuses connections, over %i transports', async (count) => {
    const server = fakeServer();
    const world = new World({ transports: Array.from({ length: count }, () => server.transport) }, server);
    server.refuse();
    void world.client.connect();
    await world.pass(30_000);
    expect(server.tries.length).toBeLessThanOrEqual(8);
  });

  it('begins anew with short waits only after 10 s of life', async () => {
    const world = new World();
    world.server.refuse();
    void world.client.connect();
    await world.pass(60_000);
    world.server.refuse(false);
    await world.pass(40_000);
    expect(world.client.state).toBe('live');
    world.server.cut();
    expect(world.client.info.retryInMs).toBeLessThan(750);
  });

  it('notices silence within 25 s', async () => {
    const world = new World();
    void world.client.connect();
    await world.pass(100_000);
    expect(world.client.state).toBe('live');
    world.server.silence();
    await world.pass(25_000);
    expect(world.states).toContain('waiting(silent)');
  });

  it('takes any frame as a sign of life, and pings no more than it has to', async () => {
    const world = new World();
    void world.client.connect();
    for (let second = 0; second < 60; second++) {
      await world.pass(1000);
      world.server.send({ event: 'unheard-of' });
    }
    expect(world.got('ping')).toHaveLength(0);
  });

  it('gives a timer that was held back a second before it judges', async () => {
    const clock = fakeClock();
    const held: (() => void)[] = [];
    let isHeld = false;
    const slow = {
      ...clock,
      set: (task: () => void, ms: number) => clock.set(() => (isHeld ? held.push(task) : task()), ms),
    };
    const world = new World({ clock: slow }, fakeServer(clock));
    void world.client.connect();
    await world.pass(14_999);
    world.server.silence();
    await world.pass(9000); // A ping went out at 15 s, and is unanswered until 25 s.
    isHeld = true;
    await world.pass(60_000);
    isHeld = false;
    for (const task of held.splice(0)) task();
    expect(world.client.state).toBe('live');
    world.server.silence(false);
    world.server.send({ event: 'pong', data: null });
    await world.pass(1000);
    expect(world.client.state).toBe('live');
  });

  it('judges a hidden page only after a minute without an answer', async () => {
    const world = new World();
    void world.client.connect();
    await world.pass(0);
    world.page!.visible(false);
    world.server.silence();
    await world.pass(70_000);
    expect(world.client.state).toBe('live');
    await world.pass(5000);
    expect(world.states).toContain('waiting(silent)');
  });

  it('lets go before a page freezes, and is back at once', async () => {
    const world = new World();
    void world.client.connect();
    await world.pass(1000);
    world.page!.frozen();
    expect([world.server.connections, world.client.state]).toEqual([0, 'waiting']);
    await world.pass(HOUR);
    expect(world.server.tries).toHaveLength(1);
    world.page!.thawed();
    await world.pass(0);
    expect(world.states.slice(-3)).toEqual(['waiting(frozen)', 'connecting(frozen)', 'live(frozen)']);
    expect(world.errors).toEqual([]);
  });

  it('connects when the network is back, but at most once a second', async () => {
    const world = new World();
    world.server.refuse();
    void world.client.connect();
    await world.pass(300_000);
    const before = world.server.tries.length;
    for (let flap = 0; flap < 20; flap++) {
      world.page?.network(true);
      await world.pass(50);
    }
    expect(world.server.tries.length - before).toBeLessThanOrEqual(2);
  });

  it('looks within 3 s whether the connection is good when the network or the page comes back', async () => {
    for (const stir of ['network', 'visible'] as const) {
      const world = new World();
      void world.client.connect();
      await world.pass(6000);
      world.server.silence();
      world.page![stir](true);
      await world.pass(3000);
      expect(world.states).toContain('waiting(silent)');
    }
  });

  it.each([1001, 1005, 1006, 1011, 1012, 1013, 4408, 4428, 4429, 4503, 4999])(
    'comes back after %i',
    async (code) => {
      const world = new World();
      void world.client.connect();
      await world.pass(20_000);
      world.server.cut(code);
      expect(world.client.state).toBe('waiting');
      await world.pass(10_000);
      expect(world.client.state).toBe('live');
    },
  );

  it.each([1002, 1003, 1007, 1009, 1010, 4403])('does not come back after %i, and says why', async (code) => {
    const world = new World();
    void world.client.connect();
    await world.pass(0);
    world.server.cut(code, 'No.');
    expect(world.client.info).toMatchObject({ reason: 'refused', code, text: 'No.' });
    await world.pass(HOUR);
    expect([world.client.state, world.errors, world.server.tries.length]).toEqual(['closed', ['refused'], 1]);
  });

  it('waits longer after 4429', async () => {
    const world = new World();
    void world.client.connect();
    await world.pass(20_000);
    world.server.cut(4429);
    expect(world.client.info.retryInMs).toBeGreaterThanOrEqual(2500);
  });

  it('spreads a herd after a restart, and never comes back in step', async () => {
    const server = fakeServer();
    const herd = Array.from({ length: 2000 }, () => new World({}, server));
    for (const { client } of herd) void client.connect();
    await server.clock.advance(11_000);
    const began = server.tries.length;
    server.cut(1012);
    const atMs = server.clock.now();
    await server.clock.advance(5000);
    const first = server.tries.slice(began).map((triedMs) => triedMs - atMs);
    expect(first).toHaveLength(2000);
    const busiest = Math.max(
      ...Array.from({ length: 50 }, (_, bin) => first.filter((ms) => Math.floor(ms / 100) === bin).length),
    );
    expect(busiest).toBeLessThanOrEqual(2000 * 0.05);
    expect(first.toSorted((a, b) => a - b)[1000]).toBeLessThan(3000);
  });

  it('spares a gateway that is away for longer than a restart takes', async () => {
    const world = new World();
    const { server } = world;
    void world.client.connect();
    await world.pass(0);
    server.refuse();
    server.cut(1012);
    await world.pass(60_000);
    const [first, second, third] = server.tries.slice(1);
    expect(second! - first!).toBeGreaterThanOrEqual(1000);
    expect(third! - second!).toBeGreaterThanOrEqual(2000);
  });

  it('goes when nobody has used it for a while, unless it was asked to stay', async () => {
    const world = new World();
    const id = connectionId(world.client);
    await world.pass(0);
    expect(await id).toMatch(/^fake-/);
    await world.pass(4999);
    expect(world.client.state).toBe('live');
    await world.pass(1);
    expect([world.client.state, world.server.connections]).toEqual(['idle', 0]);
    expect(world.page).toBeUndefined();
    void world.client.connect();
    await world.pass(HOUR);
    expect(world.client.state).toBe('live');
  });

  it('goes when nobody has used it since, also after a reconnection', async () => {
    const world = new World();
    void connectionId(world.client);
    await world.pass(1000);
    world.client.reconnect();
    await world.pass(0);
    world.page!.frozen();
    world.page!.thawed();
    await world.pass(4999);
    expect(world.client.state).toBe('live');
    await world.pass(1);
    expect(world.client.state).toBe('idle');
  });

  /** The test clock stood still for ever: a timer was set for less than the last bit of the time. */
  it('pings in time by a clock with fractions', async () => {
    const world = new World();
    await world.pass(0.3);
    void world.client.connect();
    await world.pass(16_000);
    expect(world.got('ping')).toHaveLength(1);
  });

  it('leaves nothing behind when it is closed, and only the user opens it again', async () => {
    const world = new World();
    void world.client.connect();
    await world.pass(1000);
    world.client.close();
    expect([world.server.clock.timers, world.server.connections, world.page]).toEqual([0, 0, undefined]);
    await world.pass(HOUR);
    expect(world.server.tries).toHaveLength(1);
    await expect(connectionId(world.client)).rejects.toThrow(KittiwakeError);
    void world.client.connect();
    await world.pass(0);
    expect(world.client.state).toBe('live');
  });

  it('stays closed when a listener closes it because it was lost', async () => {
    const world = new World();
    world.server.topic('books.1');
    const book = topic(world.client, 'books.1');
    book.on('status', (status) => status === 'stale' && world.client.close());
    await world.pass(0);
    world.server.cut();
    await world.pass(HOUR);
    expect([world.client.state, world.server.tries.length, world.states.at(-1)]).toEqual([
      'closed',
      1,
      'closed(asked)',
    ]);
  });

  it('is made again by a listener that hears why it was closed', async () => {
    const world = new World();
    void world.client.connect();
    await world.pass(0);
    world.client.on('error', () => void world.client.connect());
    world.server.cut(4403);
    await world.pass(0);
    expect([world.client.state, world.server.tries.length]).toEqual(['live', 2]);
  });

  it('leaves no client, timer or listener behind of a thousand that were used and closed', async () => {
    const script = fileURLToPath(new URL('collect-garbage.mjs', import.meta.url));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--expose-gc', script]);
    expect(JSON.parse(stdout)).toEqual({ clients: 0, timers: 0, connections: 0, listeners: 0 });
    expect(stderr).toBe('');
  }, 40_000);

  it('reconnects at once when it is told to', async () => {
    const world = new World();
    world.server.refuse();
    void world.client.connect();
    await world.pass(60_000);
    world.server.refuse(false);
    world.client.reconnect();
    await world.pass(0);
    expect(world.client.state).toBe('live');
    expect(world.client.inspect()).toMatchObject({ state: 'live', reconnects: 0 });
  });

  it('rejects connect() only when it is closed first, or its signal is aborted', async () => {
    const world = new World();
    world.server.refuse();
    const abort = new AbortController();
    const first = world.client.connect({ signal: abort.signal });
    const second = world.client.connect();
    abort.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    world.client.close();
    await expect(second).rejects.toMatchObject({ code: 'closed' });
  });

  it('tries the next transport when one has failed before its first frame', async () => {
    const server = fakeServer();
    const names: string[] = [];
    const failing = () => {
      names.push('failing');
      throw new Error('not here');
    };
    const client = createClient({
      url: 'ws://x/',
      transports: [failing, server.transport],
      clock: server.clock,
      pageEvents: null,
    });
    void client.connect();
    await server.clock.advance(1000);
    expect([names, client.state, client.info.transport]).toEqual([['failing'], 'live', 'fake']);
  });

  it('says what is missing where there is no WebSocket, and throws nothing', async () => {
    const { clock } = fakeServer();
    const client = createClient({
      url: 'ws://x/',
      transports: [webSocket({ WebSocket: undefined as never })],
      clock,
      pageEvents: null,
    });
    const there = (globalThis as { WebSocket?: unknown }).WebSocket;
    Reflect.deleteProperty(globalThis, 'WebSocket');
    void client.connect();
    await clock.advance(0);
    if (there) Object.assign(globalThis, { WebSocket: there });
    expect(client.info.text).toMatch('no WebSocket here');
    client.close();
  });

  it('reports a frame that is not JSON and listeners that throw, and goes on', async () => {
    const reported: unknown[] = [];
    const error = jest.spyOn(console, 'error').mockImplementation((...what) => void reported.push(what[0]));
    const server = fakeServer();
    const broken: TransportFactory = (url, events) => {
      const transport = server.transport(url, events);
      setTimeout(() => ['{"event":', 'null'].forEach((text) => events.frame(text)), 0);
      return transport;
    };
    const world = new World({ transports: [broken] }, server);
    const seen: State[] = [];
    world.client.on('state', () => {
      throw new Error('of the user');
    });
    world.client.on('state', (state) => seen.push(state));
    void world.client.connect();
    await world.pass(0);
    error.mockRestore();
    expect(seen).toEqual(['connecting', 'live']);
    expect(reported.map(String)).toEqual([
      'Error: of the user',
      'Error: of the user',
      expect.stringMatching('SyntaxError'),
      expect.stringMatching('TypeError'),
    ]);
  });
});
