import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  HttpException,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import {
  AllowedRooms,
  Callback,
  CallbackRequest,
  type KittiwakeOptions,
  OnRoomsConnect,
  OnRoomsDisconnect,
  OnRoomsPing,
} from '../src/index.js';
import { TestClient } from './support/client.js';
import { answer } from './support/http-app.js';
import { createApp, KeptLog, moduleOf, OPTIONS, TestApp } from './support/nest-app.js';
import {
  BOOTSTRAP,
  publication,
  refusal,
  roomsOfTest,
  settled,
  subscribe,
  SUCCESS,
  V1,
} from './support/rooms.js';
import { deferred, eventually } from './support/wait.js';

const ROOM = { target: 'message', customer: '1' };
const ONLINE = '/api/user/notify_online/';
const PINGED = '/api/user/pinged/';
const OFFLINE = '/api/user/notify_offline/';
const HOOKS = {
  rooms: {
    api: { onConnect: 'user/notify_online/', onPing: 'user/pinged/', onDisconnect: 'user/notify_offline/' },
  },
} as KittiwakeOptions;

describe('hooks over HTTP', () => {
  const stage = roomsOfTest({ ...HOOKS, callbacks: { timeout: '2s', connections: 20 } });

  it('are POSTs with an empty body and the headers of the bootstrap', async () => {
    const headers = {
      Cookie: 'csrftoken=C',
      'User-Agent': 'agent',
      'X-Real-IP': '192.0.2.7',
      'X-Other': 'x',
    };
    const client = await stage.open([], { headers }, '?token=T');
    await client.next();
    await stage.requests(ONLINE);
    await settled(client);
    await stage.requests(PINGED);
    await client.close();
    await stage.requests(OFFLINE);
    const [bootstrap, ...hooks] = stage.app.requests;
    expect(hooks.map(({ path }) => path)).toEqual([ONLINE, PINGED, OFFLINE]);
    for (const hook of hooks) {
      expect(hook).toMatchObject({ method: 'POST', body: '' });
      const { 'content-length': length, ...others } = hook.headers;
      expect(length).toBe('0');
      const ofEnds = {
        'idempotency-key': expect.stringMatching(/\/onDisconnect$/) as string,
        'kittiwake-reason': 'closed',
      };
      expect(others).toEqual({ ...bootstrap?.headers, ...(hook.path === OFFLINE && ofEnds) });
    }
  });

  it('come for every ping, and for no other message', async () => {
    stage.allowed = [ROOM];
    const client = await stage.member({ R: ROOM });
    client.send({ type: 'status' }).send('?').send('ping').send('ping');
    for (let frames = 0; frames < 4; frames++) await client.text();
    await client.close();
    await stage.requests(OFFLINE);
    expect((await stage.requests(PINGED, 2)).length).toBe(2);
  });

  it('do not use cookies that the app sets', async () => {
    stage.bootstrap = (response) => answer(response, '{}', { headers: { 'set-cookie': 'sessionid=new' } });
    const client = await stage.open([], { headers: { Cookie: 'sessionid=old' } });
    await client.next();
    const [request] = await stage.requests(ONLINE);
    expect(request?.headers).toHaveProperty('cookie', 'sessionid=old');
  });

  it('do not come for clients that are refused', async () => {
    stage.bootstrap = (response) => answer(response, '', { status: 403 });
    const refused = await stage.open();
    refused.send('ping');
    await refused.untilClosed();
    stage.bootstrap = (response) => answer(response, '{}');
    await (await stage.connect()).close();
    await stage.requests(OFFLINE);
    expect(stage.app.requests.map(({ path }) => path)).toEqual([BOOTSTRAP, BOOTSTRAP, ONLINE, OFFLINE]);
  });

  it.each([
    ['hang', () => undefined],
    ['break off', (response: { destroy(): void }) => response.destroy()],
    ['fail', (response: { writeHead(status: number): { end(): void } }) => response.writeHead(500).end()],
  ])('that %s delay nothing and end nothing', async (_how, hook) => {
    stage.hook = hook;
    stage.allowed = [ROOM];
    const client = await stage.connect();
    await stage.requests(ONLINE);
    const startedAt = performance.now();
    client.send('ping').send(subscribe(ROOM, 'R')).send('ping');
    expect(await client.text()).toBe('pong');
    expect(await client.next()).toEqual(SUCCESS);
    expect(await client.text()).toBe('pong');
    await stage.reached([ROOM], 'D');
    expect(await settled(client)).toEqual([publication('D', 'R')]);
    await stage.connect();
    expect(performance.now() - startedAt).toBeLessThan(1500);
    expect(client.closed).toBeUndefined();
  });

  it('of one client come in order, each when the one before is done', async () => {
    const { promise, resolve } = deferred();
    stage.hook = (response, { path }) => {
      if (path === ONLINE) void promise.then(() => response.end());
      else response.end();
    };
    const client = await stage.connect();
    await settled(client);
    await client.close();
    await stage.requests(ONLINE);
    const other = await stage.connect();
    await stage.requests(ONLINE, 2);
    expect(stage.app.requests.filter(({ path }) => path === PINGED || path === OFFLINE)).toEqual([]);
    resolve();
    await other.close();
    await stage.requests(OFFLINE, 2);
    const hooks = stage.app.requests.filter(({ path }) => path !== BOOTSTRAP).map(({ path }) => path);
    expect(hooks.slice(0, 2)).toEqual([ONLINE, ONLINE]);
    expect(hooks.indexOf(OFFLINE)).toBeGreaterThan(1);
    expect(hooks.filter((path) => path === PINGED)).toHaveLength(1);
  });

  it('of pings are ten at most that wait for a slow app', async () => {
    const { promise, resolve } = deferred();
    stage.hook = (response, { path }) => {
      if (path === PINGED) void promise.then(() => response.end());
      else response.end();
    };
    const client = await stage.connect();
    for (let i = 0; i < 50; i++) await settled(client);
    await stage.requests(PINGED);
    await client.close();
    resolve();
    await stage.requests(OFFLINE);
    expect(stage.app.requests.filter(({ path }) => path === PINGED)).toHaveLength(10);
  });

  it('are counted by outcome', async () => {
    stage.hook = (response, { path }) => {
      if (path === OFFLINE) response.destroy();
      else response.end();
    };
    await (await stage.connect()).close();
    const count = (callback: string, outcome: string): Promise<number> =>
      stage.gateway.metric('kittiwake_callback_seconds_count', { service: 'rooms', callback, outcome });
    await eventually(async () => (await count('onDisconnect', 'unavailable')) === 1);
    expect(await count('onConnect', 'ok')).toBe(1);
  });

  it('of the end come for a connection that is cut, and when the gateway stops', async () => {
    (await stage.connect()).drop();
    await stage.requests(OFFLINE);
    await stage.connect();
    await stage.gateway.stop();
    expect(stage.app.requests.filter(({ path }) => path === OFFLINE)).toHaveLength(2);
  });
});

/** Lets in who has a token other than "none". */
@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const headers = CallbackRequest.of(context)?.fields.headers as Record<string, string> | undefined;
    if (headers?.authorization === 'Token none') throw new UnauthorizedException();
    return headers?.authorization !== undefined;
  }
}

@Injectable()
class Lounge {
  readonly told: unknown[][] = [];
  rooms: unknown = [ROOM];
  pingsTake: Promise<void> | undefined;

  @AllowedRooms()
  @UseGuards(TokenGuard)
  allowed(@Callback() request: CallbackRequest): unknown {
    this.told.push(['allowed', request.fields]);
    if (this.rooms instanceof Error) throw this.rooms;
    return this.rooms;
  }

  @OnRoomsConnect()
  connected(@Callback() { fields }: CallbackRequest): void {
    this.told.push(['connected', fields.connection_id]);
  }

  @OnRoomsPing()
  async pinged(@Callback() { fields }: CallbackRequest): Promise<void> {
    this.told.push(['pinged', fields.connection_id]);
    await this.pingsTake;
  }

  @OnRoomsDisconnect()
  disconnected(@Callback() { fields }: CallbackRequest): never {
    this.told.push(['disconnected', fields.connection_id]);
    throw new Error('broken');
  }
}

describe('a provider', () => {
  let app: TestApp;
  let lounge: Lounge;

  beforeEach(async () => {
    const options = { ...OPTIONS, shutdown: { spread: '0s', timeout: '50ms' }, rooms: { path: '/rooms' } };
    app = await TestApp.listen(await createApp(moduleOf({ providers: [Lounge] }, options)));
    lounge = app.app.get(Lounge);
  });
  afterEach(() => app.stop());

  function open(query = '?token=T'): Promise<TestClient> {
    return TestClient.connect(`ws://127.0.0.1:${app.port}/rooms${query}`, [V1]);
  }

  async function expectRefused(query?: string, code = 4403): Promise<void> {
    const client = await open(query);
    expect(await client.next()).toEqual({ is_authorized: false });
    expect((await client.untilClosed()).code).toBe(code);
  }

  it('says which rooms are allowed, and is told of connections', async () => {
    const { promise, resolve } = deferred();
    lounge.pingsTake = promise;
    const client = await open();
    const first = await client.next();
    expect(first).toMatchObject({ is_authorized: true, allowed_rooms: [ROOM] });
    const { connectionId: id } = first;
    expect(await client.ask(subscribe(ROOM, 1))).toMatchObject(SUCCESS);
    expect(await client.ask(subscribe({}, 1))).toMatchObject(refusal('room-not-found'));
    expect(await client.send('ping').text()).toBe('pong');
    expect(await settled(client)).toEqual([]);
    await client.close();
    resolve();
    await eventually(() => lounge.told.length === 4);
    expect(lounge.told).toEqual([
      ['allowed', { connection_id: id, headers: { authorization: 'Token T' } }],
      ['connected', id],
      ['pinged', id],
      ['disconnected', id],
    ]);
  });

  it('has guards, which refuse the client', async () => {
    await expectRefused('?token=none');
    await expectRefused('');
    expect(lounge.told).toEqual([]);
  });

  it.each([undefined, null, false, new UnauthorizedException()])(
    'refuses the client by %p',
    async (rooms) => {
      lounge.rooms = rooms;
      await expectRefused();
      expect(lounge.told).toHaveLength(1);
    },
  );

  it.each(['room', {}, ['room'], [[ROOM]], [1n], new HttpException('', 500), new Error('a defect')])(
    'that stumbles with %p asks the client to come back',
    async (rooms) => {
      lounge.rooms = rooms;
      await expectRefused(undefined, 4503);
      expect(lounge.told).toHaveLength(1);
    },
  );

  it('may allow no rooms', async () => {
    lounge.rooms = [];
    expect(await (await open()).next()).toMatchObject({ is_authorized: true, allowed_rooms: [] });
  });
});

describe('who answers for the app about rooms', () => {
  @Injectable()
  class Second {
    @AllowedRooms()
    allowed(): unknown {
      return [];
    }
  }

  @Injectable()
  class Listener {
    @OnRoomsPing()
    pinged(): void {
      // nothing to do
    }
  }

  it.each<[string, (new () => object)[], KittiwakeOptions['rooms'], string]>([
    ['nobody', [], {}, 'nobody says which rooms are allowed'],
    ['a listener alone', [Listener], {}, 'nobody says which rooms are allowed'],
    ['two providers', [Lounge, Second], {}, 'two methods of providers answer allowedRooms of rooms'],
    [
      'a provider and the API',
      [Second],
      { api: { url: 'http://app.example/' } },
      'both rooms.api and a provider answer callbacks of rooms',
    ],
    ['a provider without rooms', [Second], undefined, 'the section rooms is not configured'],
  ])('is not %s: the start fails and says so', async (_who, providers, rooms, text) => {
    const options = { ...OPTIONS, ...(rooms && { rooms }) };
    const app = await createApp(moduleOf({ providers }, options), new KeptLog());
    await expect(app.init()).rejects.toThrow(text);
    await app.close();
  });
});
