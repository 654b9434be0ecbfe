import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  ForbiddenException,
  type INestApplication,
  Injectable,
  type Provider,
  ServiceUnavailableException,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { AddressInfo, Server } from 'node:net';
import {
  AllowedRooms,
  Authorize,
  BeforeConnect,
  CallbackRequest,
  ConnectRequest,
  CurrentCall,
  type KittiwakeExtras,
  Procedure,
  type ProcedureCall,
  Refusal,
  type SubscriptionRequest,
  type TicketRequest,
  TopicService,
  ValidateTicket,
} from 'kittiwake';
import { connect, connectRequest, KittiwakeTestingModule, subscriptionRequest } from 'kittiwake/testing';
import { TestClient } from './support/client.js';
import { KeptLog } from './support/nest-app.js';
import { SECRET } from './support/rpc.js';
import { signToken } from './support/tokens.js';

const OPTIONS = {
  rooms: {},
  procedures: {},
  auth: { jwt: { algorithms: ['HS256'], secret: SECRET } },
} as const;

/** Lets in whom the header `who` says that it does. */
@Injectable()
class Door implements CanActivate {
  readonly seen: unknown[] = [];

  canActivate(context: ExecutionContext): boolean {
    const { endpoint, headers, url, query, address } = ConnectRequest.of(context)!;
    this.seen.push({ endpoint, url, query, address, type: context.getType<string>() });
    switch (headers.who) {
      case 'stranger':
        throw new UnauthorizedException();
      case 'thief':
        throw new ForbiddenException();
      case 'unheard':
        throw new ServiceUnavailableException();
      case 'bug':
        throw new TypeError('a bug of the app');
      case 'otherBug':
        throw new RangeError('another bug of the app');
      default:
        return headers.who !== 'nobody';
    }
  }
}

const Who = createParamDecorator((_data, context) => ConnectRequest.of(context)?.headers.who);

@Injectable()
class Admission {
  @BeforeConnect()
  @UseGuards(Door)
  admit(@Who() who: string): unknown {
    if (who === 'refused') throw new Refusal('Not you.');
    return who === 'no' ? false : { anything: 'else is consent' };
  }

  @AllowedRooms()
  rooms(): object[] {
    return [{ shop: 1 }];
  }

  @Procedure()
  add(a: number, b: number): number {
    return a + b;
  }
}

@TopicService('books', { requireAuthentication: false })
class BooksTopic {}

async function appOf(providers: Provider[], extras: KittiwakeExtras = {}): Promise<INestApplication> {
  const imports = [KittiwakeTestingModule.forRoot(OPTIONS, extras)];
  const module = await Test.createTestingModule({ imports, providers }).setLogger(log).compile();
  return module.createNestApplication();
}

const log = new KeptLog();

describe('a guard of connections', () => {
  const REFUSED = ['nobody', 'thief', 'no', 'refused'];
  let app: INestApplication;
  let url: string;

  beforeAll(async () => {
    app = await appOf([Admission, Door, BooksTopic]);
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    url = `127.0.0.1:${port}`;
  });
  afterAll(() => app.close());

  const call = (who: string): Promise<Response> => {
    const token = signToken({ algorithm: 'HS256', key: SECRET, claims: { sub: 1 } });
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', who };
    return fetch(`http://${url}/rpc/add`, { method: 'POST', headers, body: '{"a":1,"b":2}' });
  };

  it('knows the handshake, and lets clients in', async () => {
    const door = app.get(Door);
    door.seen.length = 0;
    const client = await connect(app, { headers: { who: 'ann' }, query: { shop: '1', till: '2' } });
    await client.subscribed('books.1');
    expect(door.seen).toEqual([
      {
        endpoint: 'topics',
        url: '/ws?shop=1&till=2',
        query: { shop: '1', till: '2' },
        address: '127.0.0.1',
        type: 'kittiwake',
      },
    ]);
    await client.close();
  });

  describe('has those that it refuses closed', () => {
    it.each([
      ...REFUSED.map((who): [string, number, string] => [who, 4403, 'Forbidden.']),
      ['stranger', 4401, 'Unauthorized.'],
      ['unheard', 4503, 'The app cannot be asked.'],
      ['bug', 4503, 'The app cannot be asked.'],
    ])('at topics: %s, with %i', async (who, code, reason) => {
      const headers = { who };
      const client = await connect(app, { headers });
      expect(await client.closed(code)).toEqual({ code, reason });
      expect(client.transcript).toEqual([]);
      const plain = await TestClient.connect(`ws://${url}/ws`, [], { headers });
      expect(await plain.untilClosed()).toEqual({ code, reason });
    });

    it('at topics over plain HTTP, as the first thing that they hear', async () => {
      const headers = { who: 'stranger' };
      const response = await fetch(`http://${url}/ws/stream`, { method: 'POST', headers });
      expect(response.status).toBe(200);
      const text = await response.text();
      expect(text).toContain('event: close\ndata: {"code":4401,"reason":"Unauthorized."}');
      expect(text).not.toContain('hello');
    });

    it.each(REFUSED)('at rooms, as who may join nothing: %s', async (who) => {
      const client = await TestClient.connect(`ws://${url}/rooms`, [], { headers: { who } });
      expect(await client.next()).toEqual({ is_authorized: false });
      expect(await client.untilClosed()).toEqual({ code: 1000, reason: '' });
      const own = await TestClient.connect(`ws://${url}/rooms`, ['kittiwake.v1.json'], { headers: { who } });
      expect(await own.next()).toEqual({ is_authorized: false });
      expect((await own.untilClosed()).code).toBe(4403);
    });

    it('at rooms, as when the app cannot be asked', async () => {
      const headers = { who: 'unheard' };
      const client = await TestClient.connect(`ws://${url}/rooms`, ['kittiwake.v1.json'], { headers });
      expect(await client.next()).toEqual({ is_authorized: false });
      expect((await client.untilClosed()).code).toBe(4503);
    });

    it.each([...REFUSED.map((who): [string, number] => [who, 403]), ['stranger', 401], ['unheard', 503]])(
      'at procedures, by the status: %s, %i',
      async (who, status) => {
        const path = `ws://${url}/rpc/token/${signToken({ algorithm: 'HS256', key: SECRET, claims: { sub: 1 } })}`;
        expect(await TestClient.refusal(path, { headers: { who } })).toBe(status);
      },
    );

    // Whoever was not let in could call all the same, over plain HTTP.
    it.each([...REFUSED.map((who): [string, number] => [who, 403]), ['stranger', 401], ['unheard', 503]])(
      'at procedures over plain HTTP, by the status: %s, %i',
      async (who, status) => {
        const answer = await call(who);
        expect([answer.status, Object.keys((await answer.json()) as object)]).toEqual([status, ['error']]);
      },
    );
  });

  it('is asked about calls over plain HTTP, once for each', async () => {
    const door = app.get(Door);
    door.seen.length = 0;
    const answer = await call('ann');
    expect([answer.status, await answer.json()]).toEqual([200, 3]);
    expect(door.seen).toEqual([
      { endpoint: 'procedures', url: '/rpc/add', query: {}, address: '127.0.0.1', type: 'kittiwake' },
    ]);
  });

  it('is not asked about clients of other origins, nor about those without a good token', async () => {
    const door = app.get(Door);
    door.seen.length = 0;
    const headers = { Origin: 'https://evil.example', who: 'stranger' };
    expect(await TestClient.refusal(`ws://${url}/ws`, { headers })).toBe(403);
    expect(await TestClient.refusal(`ws://${url}/rpc/token/x`, { headers: { who: 'thief' } })).toBe(401);
    expect(door.seen).toEqual([]);
  });

  it('has its defects in the log, with their stack', async () => {
    log.errors.length = 0;
    const client = await connect(app, { headers: { who: 'otherBug' } }); // the same one again is told once a second
    await client.closed(4503);
    expect(log.errors).toEqual([
      expect.stringMatching(
        /^Admission\.admit failed: RangeError: another bug of the app\n +at Door\.canActivate/,
      ),
    ]);
  });

  it('is tested with a request of its own', () => {
    const request = connectRequest({ url: '/ws?a=1&a=2', headers: { who: 'ann' }, address: '192.0.2.1' });
    const { endpoint, query, address, handshake } = request;
    expect({ endpoint, query, address, path: handshake.path }).toEqual({
      endpoint: 'topics',
      query: { a: '2' },
      address: '192.0.2.1',
      path: '/ws',
    });
    expect(subscriptionRequest({}, { handshake }).handshake?.headers.who).toBe('ann');
  });
});

describe('a guard of subscriptions', () => {
  /** Lets in clients from one shop, whatever they ask for. */
  class SameShop implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      return CallbackRequest.of(context)?.handshake?.query.shop === '1';
    }
  }

  @TopicService('orders')
  @UseGuards(SameShop)
  class OrdersTopic {
    @Authorize()
    authorize({ handshake }: SubscriptionRequest): boolean {
      return handshake?.headers.who === 'ann';
    }
  }

  @Injectable()
  class Tickets {
    @ValidateTicket()
    @UseGuards(SameShop)
    validate({ ticket, handshake }: TicketRequest): object | undefined {
      return ticket === handshake?.headers.cookie ? { user_id: 1 } : undefined;
    }
  }

  it('knows the handshake, where the module keeps it', async () => {
    const app = await appOf([OrdersTopic, Tickets, { provide: 'rooms', useValue: 1 }, Rooms], {
      keepHandshakes: true,
    });
    const headers = { who: 'ann', Cookie: 'T' };
    const ann = await connect(app, { headers, query: { shop: '1' }, ticket: 'T' });
    await ann.subscribed('orders.1');
    await expect(connect(app, { headers, query: { shop: '2' }, ticket: 'T' })).rejects.toMatchObject({
      refused: { code: 'authentication_failed', error: 'Forbidden resource' },
    });
    await expect(connect(app, { query: { shop: '1' }, ticket: 'T' })).rejects.toThrow(
      'authentication_failed',
    );
    const bob = await connect(app, { query: { shop: '1' }, identity: { user_id: 2 } });
    await bob.refused('orders.1', { code: 'unauthorized' });
    await app.close();
  });

  it('does not, where it does not', async () => {
    const app = await appOf([OrdersTopic, Rooms]);
    const ann = await connect(app, { headers: { who: 'ann' }, query: { shop: '1' }, identity: {} });
    await ann.refused('orders.1', { code: 'unauthorized', error: 'Forbidden resource' });
    await app.close();
  });
});

@Injectable()
class Rooms {
  @AllowedRooms()
  rooms(): object[] {
    return [];
  }
}

describe('the handshake of who calls, and of a client of rooms', () => {
  const seen: unknown[] = [];
  const shopOf = ({ handshake }: CallbackRequest): unknown => handshake?.headers['x-shop'];

  @Injectable()
  class Shop {
    @Procedure()
    where(@CurrentCall() call: ProcedureCall): unknown {
      return shopOf(call);
    }

    @Procedure({ resumable: true })
    kept(@CurrentCall() call: ProcedureCall): unknown {
      return [shopOf(call), 'connection' in call.origin];
    }

    @AllowedRooms()
    rooms(request: CallbackRequest): object[] {
      seen.push(shopOf(request));
      return [];
    }
  }

  const token = signToken({ algorithm: 'HS256', key: SECRET, claims: { sub: 1 } });
  const V1 = ['kittiwake.v1.json'];

  /** What each way in knows of it. */
  async function known(extras: KittiwakeExtras): Promise<unknown[]> {
    seen.length = 0;
    const app = await appOf([Shop], extras);
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    const url = `127.0.0.1:${port}`;
    const topics = await TestClient.connect(`ws://${url}/ws`, V1, { headers: { 'X-Shop': '1' } });
    await topics.ask({ event: 'auth', method: 'jwt', token });
    const { data: where } = await topics.ask({ event: 'call', id: 1, procedure: 'where' });
    topics.send({ event: 'call', id: 2, procedure: 'kept' });
    await topics.next();
    const { data: kept } = await topics.next();
    const rpc = await TestClient.connect(`ws://${url}/rpc/token/${token}`, V1, {
      headers: { 'X-Shop': '2' },
    });
    const { result } = await rpc.ask({ function_name: 'where', marker: 1 });
    const headers = { Authorization: `Bearer ${token}`, 'X-Shop': '3' };
    const answer = await fetch(`http://${url}/rpc/where`, { method: 'POST', headers });
    const rooms = await TestClient.connect(`ws://${url}/rooms`, V1, { headers: { 'X-Shop': '4' } });
    await rooms.next();
    for (const client of [topics, rpc, rooms]) client.drop();
    await app.close();
    return [where, kept, result, await answer.json(), ...seen];
  }

  it('is known where the module keeps it, and no connection for longer than it is there', async () => {
    expect(await known({ keepHandshakes: true })).toEqual(['1', ['1', false], '2', '3', '4']);
  });

  it('is not known where it does not', async () => {
    expect(await known({})).toEqual([undefined, [null, false], null, null, undefined]);
  });
});

it('an app does not start with a guard of an endpoint that it does not have', async () => {
  @Injectable()
  class Nobody {
    @BeforeConnect('rooms')
    admit(): boolean {
      return true;
    }
  }
  const module = await Test.createTestingModule({
    imports: [KittiwakeTestingModule.forRoot()],
    providers: [Nobody],
  }).compile();
  const app = module.createNestApplication();
  await expect(app.init()).rejects.toThrow(
    'Nobody.admit is asked before clients of rooms connect, but that section is not configured',
  );
  await app.close();
});
