import { call, type AuthContext, KittiwakeError, type Options, topic } from 'kittiwake-client';
import { World } from './world.js';

/** A world whose app gives tokens `t1`, `t2`, …, and what it was asked for. */
function worldWith(
  give: (count: number) => string | null | Promise<string>,
  kind: 'token' | 'ticket' = 'token',
) {
  const asked: AuthContext['reason'][] = [];
  const provider = ({ reason }: AuthContext) => give(asked.push(reason));
  const world = new World({ auth: { [kind]: provider } as NonNullable<Options['auth']> });
  world.server.topic('mine.1', { state: 'S' });
  return { world, asked };
}

/** Has the gateway refuse all but the second token, and a procedure without it. */
function knowsSecond({ server }: World): void {
  let isKnown = false;
  server.authenticate(({ token }: { token?: string }) => {
    isKnown = token === 't2';
    return isKnown ? undefined : 'authentication_failed';
  });
  server.procedure('mine', () => {
    if (!isKnown) throw Object.assign(new Error(), { code: 'authentication_required' });
    return 'yours';
  });
}

const numbered = (count: number): string => `t${count}`;

describe('a client that proves who it is', () => {
  it('says so first, in the same breath as everything else', async () => {
    const { world } = worldWith(numbered);
    topic(world.client, 'mine.1');
    await world.pass(0);
    expect(world.server.received.map(({ event }) => event)).toEqual(['auth', 'subscribe']);
    expect(world.got('auth')).toMatchObject([{ method: 'jwt', token: 't1' }]);
  });

  /** `t3` was for a connection that did not come about. */
  it('keeps a token for the next connection until 80 % of its time, and a ticket never', async () => {
    for (const [kind, expected] of [
      ['token', ['t1', 't1', 't2']],
      ['ticket', ['t1', 't2', 't4']],
    ] as const) {
      const { world } = worldWith(numbered, kind);
      world.server.authenticate(() => 1000);
      void world.client.connect();
      await world.pass(20_000);
      world.server.cut();
      await world.pass(20_000);
      world.server.refuse();
      world.server.cut();
      await world.pass(800_000);
      world.server.refuse(false);
      await world.pass(30_000);
      expect(world.got('auth').map((event) => event[kind])).toEqual(expected);
    }
  });

  it('proves it anew on the open connection at 80 % of its time', async () => {
    const { world, asked } = worldWith(numbered);
    world.server.authenticate(() => 100);
    topic(world.client, 'mine.1');
    await world.pass(79_999);
    expect(asked).toEqual(['connect']);
    await world.pass(1);
    expect([asked, world.got('auth').length, world.server.tries.length]).toEqual([
      ['connect', 'expiring'],
      2,
      1,
    ]);
    expect(world.got('subscribe')).toHaveLength(1);
  });

  it('asks again when the app fails at that, and is ended at once only by the gateway', async () => {
    const { world, asked } = worldWith((count) => {
      if (count === 1 || count === 4) return `t${count}`;
      throw new Error('the app is down');
    });
    world.server.authenticate(() => 100);
    void world.client.connect();
    await world.pass(99_000);
    expect(asked).toEqual(['connect', 'expiring', 'expiring', 'expiring']);
    expect(world.states).toEqual(['connecting(asked)', 'live(asked)']);
  });

  it('comes back at once with another token when its token has expired, and then waits', async () => {
    const { world, asked } = worldWith(numbered);
    void world.client.connect();
    await world.pass(1000);
    world.server.expire();
    expect(world.client.info).toMatchObject({ reason: 'auth', retryInMs: 0, code: 4401 });
    await world.pass(0);
    expect([asked, world.client.state]).toEqual([['connect', 'expiring'], 'live']);
    world.server.expire();
    expect(world.client.info.retryInMs).toBeGreaterThan(0);
  });

  it('asks the app twice for what is refused, and is closed then', async () => {
    const { world, asked } = worldWith(numbered);
    world.server.authenticate(() => 'authentication_failed');
    const mine = topic(world.client, 'mine.1');
    await world.pass(60_000);
    expect([asked, world.client.state, world.errors]).toEqual([
      ['connect', 'refused'],
      'closed',
      ['authentication_failed'],
    ]);
    expect([mine.error?.code, world.server.tries.length]).toEqual(['authentication_failed', 1]);
  });

  it('sends again what was refused for want of it, once it is known', async () => {
    const { world } = worldWith(numbered);
    knowsSecond(world);
    world.server.topic('mine.1', { refuse: 'authentication_required' });
    const mine = topic(world.client, 'mine.1');
    const result = call(world.client, 'mine');
    await world.pass(0);
    expect(await result).toBe('yours');
    expect(world.got('subscribe')).toHaveLength(2);
    expect(mine.error?.code).toBe('authentication_required');
  });

  it('sends a call again that was refused for want of it, whatever else there is', async () => {
    const { world } = worldWith(numbered);
    knowsSecond(world);
    const result = call(world.client, 'mine');
    await world.pass(0);
    expect(await result).toBe('yours');
  });

  it('goes on trying on the connection while the gateway cannot ask the app', async () => {
    const { world } = worldWith(numbered);
    let isDown = true;
    world.server.authenticate(() => (isDown ? 'service_unavailable' : undefined));
    void world.client.connect();
    await world.pass(10_000);
    expect(world.got('auth').length).toBeGreaterThan(2);
    isDown = false;
    await world.pass(20_000);
    const count = world.got('auth').length;
    await world.pass(60_000);
    expect([world.got('auth').length, world.server.tries.length]).toEqual([count, 1]);
  });

  it('waits and asks again when the app fails, and is closed when it says that this is final', async () => {
    const { world } = worldWith((count) => {
      if (count < 3) throw new Error('the app is down');
      throw new KittiwakeError('forbidden');
    });
    void world.client.connect();
    await world.pass(10_000);
    expect(world.states).toContain('waiting(auth)');
    expect([world.client.state, world.errors]).toEqual(['closed', ['forbidden']]);
  });

  it('asks one question at a time, and gives the app up after a while', async () => {
    const signals: AbortSignal[] = [];
    const world = new World({
      auth: {
        ticket: ({ signal }) => {
          signals.push(signal);
          return new Promise(() => {});
        },
      },
    });
    void world.client.connect();
    for (let times = 0; times < 5; times++) {
      world.client.reconnect();
      await world.pass(1000);
    }
    expect(signals).toHaveLength(1);
    await world.pass(16_000);
    expect(signals[0]!.aborted).toBe(true);
    world.client.close();
    await world.pass(0);
    expect([signals.at(-1)!.aborted, world.server.clock.timers]).toEqual([true, 0]);
  });

  it('is nobody when the app knows nobody', async () => {
    const { world } = worldWith(() => null);
    topic(world.client, 'mine.1');
    await world.pass(0);
    expect([world.got('auth'), world.client.state]).toEqual([[], 'live']);
  });
});

describe('a provider', () => {
  it('may take its time while the connection waits for it', async () => {
    const { world } = worldWith(
      () => new Promise((resolve) => void world.server.clock.set(() => resolve('t'), 15_000)),
    );
    topic(world.client, 'mine.1');
    await world.pass(15_000);
    expect([world.client.state, world.server.tries.length]).toEqual(['live', 1]);
  });

  it('is not asked over and over while there is no gateway', async () => {
    const { world, asked } = worldWith(numbered, 'ticket');
    world.server.refuse();
    void world.client.connect();
    await world.pass(600_000);
    expect(asked).toEqual(['connect']);
  });
});

describe('reauthenticate()', () => {
  it('after a login keeps the connection, and asks again for what was refused for want of an identity', async () => {
    let user: string | null = null;
    const { world, asked } = worldWith(() => user);
    world.server.topic('mine.1', { refuse: 'authentication_required' });
    world.server.topic('other.1', { refuse: 'authentication_required' });
    const mine = topic(world.client, 'mine.1');
    const other = topic(world.client, 'other.1');
    await world.pass(0);
    expect(mine.status).toBe('ended');
    user = 'ann';
    world.server.topic('mine.1', { state: 'S' });
    world.server.topic('other.1', { refuse: 'unauthorized' });
    const heard: unknown[] = [];
    mine.on('status', (status) => heard.push(status));
    const done = world.client.reauthenticate();
    await world.pass(0);
    await done;
    expect([mine.status, world.server.tries.length, asked]).toEqual(['live', 1, ['connect', 'asked']]);
    expect([heard, other.error?.code]).toEqual([['joining', 'live'], 'unauthorized']);
  });

  it('while it connects has it connect as who has logged in', async () => {
    let user: string | null = null;
    const { world, asked } = worldWith(() => user);
    world.server.silence();
    const mine = topic(world.client, 'mine.1');
    await world.pass(1000);
    user = 'ann';
    world.server.silence(false);
    await world.client.reauthenticate();
    await world.pass(0);
    expect([mine.status, world.got('auth').map(({ token }) => token), asked]).toEqual([
      'live',
      ['ann'],
      ['connect', 'asked'],
    ]);
  });

  it.each(['connecting', 'live'])(
    'does not take an answer that the app began before, while %s',
    async (state) => {
      const answers: ((user: string) => void)[] = [];
      const { world, asked } = worldWith(() => new Promise((resolve) => answers.push(resolve)));
      world.server.authenticate(() => 1000);
      const mine = topic(world.client, 'mine.1');
      await world.pass(0);
      if (state === 'live') {
        answers[0]!('ann');
        await world.pass(800_000);
      }
      expect(world.client.state).toBe(state);
      void world.client.reauthenticate();
      await world.pass(0);
      answers.at(-2)!('ann');
      answers.at(-1)!('eve');
      await world.pass(0);
      expect([mine.status, asked.at(-1), world.client.state]).toEqual(['live', 'asked', 'live']);
      expect(world.got('auth').at(-1)).toMatchObject({ token: 'eve' });
    },
  );

  it('after a logout takes another connection, as nobody', async () => {
    let user: string | null = 'ann';
    const { world } = worldWith(() => user);
    void world.client.connect();
    await world.pass(0);
    user = null;
    void world.client.reauthenticate();
    await world.pass(0);
    expect([world.got('auth').length, world.server.tries.length, world.client.state]).toEqual([1, 2, 'live']);
  });

  it('throws what it is refused with, and changes nothing', async () => {
    const { world } = worldWith(numbered);
    world.server.authenticate(({ token }: { token?: string }) =>
      token === 't1' ? undefined : 'authentication_failed',
    );
    void world.client.connect();
    await world.pass(0);
    const [done] = await Promise.all([Promise.allSettled([world.client.reauthenticate()]), world.pass(0)]);
    expect([done, world.client.state]).toMatchObject([
      [{ reason: { code: 'authentication_failed' } }],
      'live',
    ]);
  });
});
