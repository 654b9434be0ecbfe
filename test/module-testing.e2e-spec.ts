import { type INestApplication, Injectable, Module } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { AddressInfo, Server } from 'node:net';
import {
  AllowedRooms,
  Authorize,
  BeforeSubscribe,
  BeforeUnsubscribe,
  CurrentCall,
  Kittiwake,
  KittiwakeModule,
  MessageData,
  OnMessage,
  Procedure,
  type ProcedureCall,
  Refusal,
  Settings,
  type SubscriptionRequest,
  type TicketRequest,
  TopicService,
  TopicState,
  ValidateTicket,
} from 'kittiwake';
import {
  connect,
  ExpectationError,
  FakeKittiwake,
  gapRequest,
  KittiwakeTestingModule,
  lifecycleRequest,
  procedureCall,
  RefusedError,
  roomsRequest,
  subscriptionRequest,
  type TestingClient,
  testingSettings,
  ticketRequest,
  topicService,
} from 'kittiwake/testing';

interface Payment {
  readonly amount: number;
}

@TopicService('orders', { authorizerFields: ['role'] })
class OrdersTopic {
  readonly paid: unknown[] = [];

  constructor(private readonly kittiwake: Kittiwake) {}

  @Authorize()
  authorize({ topic, fields }: SubscriptionRequest): object {
    if (topic !== String(fields.user_id)) throw new Refusal('Not yours.', { owner: false });
    return { role: 'owner', more: 1 };
  }

  @BeforeSubscribe()
  state({ topic, fields }: SubscriptionRequest): unknown {
    return new TopicState({ id: topic, role: fields.role }, { order: 5 });
  }

  @OnMessage()
  async pay(@MessageData() { amount }: Payment): Promise<unknown> {
    if (amount < 0) throw new Refusal('Too little.');
    this.paid.push(amount);
    await this.kittiwake.publish('orders.7', { amount });
    return { paid: amount };
  }

  @BeforeUnsubscribe()
  last(): string {
    return 'bye';
  }
}

@Injectable()
class Callbacks {
  @ValidateTicket()
  validate({ ticket }: TicketRequest): object | null {
    return ticket === 'T' ? { user_id: 7 } : null;
  }

  @AllowedRooms()
  rooms(): object[] {
    return [{ shop: 1, till: 2 }];
  }

  @Procedure()
  whoami(@CurrentCall() call: ProcedureCall): unknown {
    return call.identity?.user_id ?? null;
  }

  @Procedure()
  *count(to: number): Generator<number> {
    for (let n = 0; n < to; n++) yield n;
  }
}

const providers = [OrdersTopic, Callbacks];
/** Of an app in production: nothing of it is there. */
const ELSEWHERE = { kind: 'redis', redis: { url: 'redis://127.0.0.1:1' } } as const;
const OPTIONS = { rooms: {}, procedures: {}, broker: ELSEWHERE };

describe('a test of an app has', () => {
  let app: INestApplication;
  let client: TestingClient;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [KittiwakeTestingModule.forRoot(OPTIONS)],
      providers,
    }).compile();
    app = module.createNestApplication();
    client = await connect(app, { identity: { user_id: 7 } });
  });
  afterAll(() => app.close());

  it('clients of any identity, which subscribe, send and leave', async () => {
    expect(await client.subscribed('orders.7')).toEqual({ id: '7', role: 'owner' });
    expect(await client.sent('orders.7', { amount: 3 })).toEqual({ paid: 3 });
    await client.received('orders.7', { amount: 3 });
    expect(await client.unsubscribed('orders.7')).toBe('bye');
  });

  it('clients that are refused, and say with what', async () => {
    const refusal = { code: 'unauthorized', error: 'Not yours.', data: { owner: false } };
    expect(await client.refused('orders.8', { code: 'unauthorized' })).toEqual(refusal);
    await expect(client.subscribed('orders.8')).rejects.toMatchObject({
      name: 'RefusedError',
      code: 'unauthorized',
      refused: refusal,
    });
    await expect(client.refused('orders.8', { code: 'refused' })).rejects.toThrow(
      "subscribe of orders.8 was to be refused with { code: 'refused' }, and was with { code: 'unauthorized'",
    );
    await expect(client.refused({ event: 'call', procedure: 'whoami' })).rejects.toThrow(
      'call of whoami was to be refused, and was not',
    );
    await client.refused({ event: 'call', procedure: 'none' }, { code: 'procedure_undefined' });
  });

  it('clients by ticket, by nothing, and not by what is wrong', async () => {
    const ann = await connect(app, { ticket: 'T' });
    expect(await ann.called('whoami')).toBe(7);
    const nobody = await connect(app);
    await nobody.refused('orders.7', { code: 'authentication_required' });
    await expect(connect(app, { ticket: 'U' })).rejects.toBeInstanceOf(RefusedError);
    await expect(connect(app, { token: 'U' })).rejects.toMatchObject({ code: 'method_unsupported' });
    await expect(nobody.authenticated({ method: 'testing', proof: 'made up' })).rejects.toMatchObject({
      code: 'authentication_failed',
    });
    await Promise.all([ann.close(), nobody.close()]);
  });

  it('handshakes that are refused', async () => {
    const headers = { Origin: 'https://evil.example' };
    await expect(connect(app, { headers })).rejects.toMatchObject({ code: 'http_403' });
  });

  it('procedures and streams', async () => {
    expect(await client.called('whoami')).toBe(7);
    expect(await client.streamed('count', { to: 3 })).toEqual([0, 1, 2]);
  });

  it('endpoints over HTTP, as an app that is not tested has them', async () => {
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/rpc/whoami`);
    expect(response.status).toBe(403);
  });

  it('rooms', async () => {
    const room = { shop: 1, till: 2 };
    await client.joined(room);
    await app.get(Kittiwake).trigger([{ till: 2, shop: 1 }], { open: true });
    expect(await client.received({ till: 2, shop: 1 }, { open: true })).toEqual({ open: true });
    await client.refused({ event: 'join', room: { shop: 2 } }, { code: 'room_not_found' });
    await client.left(room);
    await expect(client.received(room)).rejects.toThrow('it has not joined the room { shop: 1, till: 2 }');
  });

  it('expectations that say what came instead', async () => {
    const client = await connect(app, { identity: { user_id: 7 } });
    await client.subscribed('orders.7');
    await app.get(Kittiwake).publish('orders.7', { amount: 1 });
    await expect(client.receivedNothing()).rejects.toThrow(/nothing was to come, and it did: .*amount: 1/);
    const wrong = client.received('orders.7', { amount: 2 });
    await expect(wrong).rejects.toThrow(
      'a publication of orders.7 was to be { amount: 2 }, and was { amount: 1 }',
    );
    await expect(wrong).rejects.toBeInstanceOf(ExpectationError);
    await client.receivedNothing();
    await app.get(Kittiwake).publish('orders.7', { amount: 1, at: 'now' });
    await client.received('orders.7', { amount: expect.any(Number), at: expect.stringContaining('n') });
    await client.close();
    await expect(client.received('orders.7')).rejects.toThrow('before the connection was closed with 1005');
  });

  it('ends that the app or the gateway makes', async () => {
    const kittiwake = app.get(Kittiwake);
    await client.subscribed('orders.7');
    await kittiwake.unsubscribe({ identity: 7, topic: 'orders.7' });
    expect(await client.ended('orders.7')).toMatchObject({ code: 'unauthorized' });
    const other = await connect(app, { identity: { user_id: 8 } });
    await kittiwake.disconnect({ connectionId: other.connectionId });
    await expect(other.closed(1000)).rejects.toThrow('was to be closed with 1000, and was with { code: 4403');
    expect(await other.closed(4403)).toEqual({ code: 4403, reason: 'Disconnected.' });
  });
});

it('an app on Fastify is tested as one on Express', async () => {
  const module = await Test.createTestingModule({
    imports: [KittiwakeTestingModule.forRoot(OPTIONS)],
    providers,
  }).compile();
  const app = module.createNestApplication(new FastifyAdapter());
  const client = await connect(app, { identity: { user_id: 7 } });
  await client.subscribed('orders.7');
  const response = await fetch(`${await app.getUrl()}/rpc/whoami`);
  expect(response.status).toBe(403);
  await app.close();
});

it('an app that imports the gateway itself is tested with other settings', async () => {
  @Module({
    imports: [KittiwakeModule.forRoot({ broker: ELSEWHERE })],
    providers: [OrdersTopic],
  })
  class AppModule {}
  const module = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(Settings)
    .useValue(testingSettings({ topics: { path: '/live' } }))
    .compile();
  const app = module.createNestApplication();
  const client = await connect(app, { identity: { user_id: 7 } });
  await client.subscribed('orders.7');
  await app.close();
  await client.closed(1012);
});

describe('without a socket', () => {
  const kittiwake = new FakeKittiwake();
  const provider = new OrdersTopic(kittiwake);

  it('a topic service is asked as by a client', async () => {
    const client = topicService(provider, { user_id: 7 });
    expect(await client.subscribed('orders.7')).toEqual({ id: '7', role: 'owner' });
    expect(await client.sent('orders.7', { amount: 3 })).toEqual({ paid: 3 });
    await expect(client.sent('orders.7', { amount: -1 })).rejects.toMatchObject({
      refused: { code: 'refused', error: 'Too little.' },
    });
    expect(kittiwake.publishedTo('orders.7')).toEqual([{ amount: 3 }]);
    expect(await client.unsubscribed('orders.7')).toBe('bye');
    await expect(client.sent('orders.7', {})).rejects.toMatchObject({ code: 'not_subscribed' });
    await client.refused('orders.8', { error: 'Not yours.', data: { owner: false } });
    await client.refused('books.8', { code: 'invalid_service' });
    await topicService(provider).refused('orders.7', { code: 'authentication_required' });
    await expect(client.refused('orders.7')).rejects.toThrow('was to be refused, and was not');
  });

  it('a defect of a topic service is thrown as it is', async () => {
    const client = topicService(provider, { user_id: 7 });
    await client.subscribed('orders.7');
    await expect(client.sent('orders.7', null)).rejects.toThrow(TypeError);
  });

  it('a provider that is none is told so', () => {
    expect(() => topicService(new Callbacks())).toThrow('Callbacks');
  });

  it('methods get the requests that they would get', () => {
    const callbacks = new Callbacks();
    expect(callbacks.validate(ticketRequest('T'))).toEqual({ user_id: 7 });
    expect(callbacks.whoami(procedureCall({ identity: { user_id: 9 } }))).toBe(9);
    expect(callbacks.whoami(procedureCall())).toBeNull();
    expect(procedureCall({ params: [1], isService: true })).toMatchObject({
      isAuthenticated: true,
      given: { positional: [1] },
    });
    expect(procedureCall({ params: { a: 1 } }).given.named.get('a')).toBe(1);
    const { topic, data, end } = subscriptionRequest(
      { subscription: 'orders.a.b', data: 1 },
      { end: { id: 'e', reason: 'lost' } },
    );
    expect({ topic, data, end }).toEqual({ topic: 'a.b', data: 1, end: { id: 'e', reason: 'lost' } });
    expect(gapRequest({ position: 'p.1' })).toMatchObject({ position: 'p.1', reason: 'gap_too_long' });
    expect(lifecycleRequest('orders', [{ event: 'ended', reason: 'lost' }]).events).toEqual([
      expect.objectContaining({ event: 'ended', reason: 'lost', node: 'node' }),
    ]);
    expect(roomsRequest({ headers: { cookie: 'a=1' } }).fields).toEqual({
      connection_id: 'connection',
      headers: { cookie: 'a=1' },
    });
  });
});

describe('in place of Kittiwake', () => {
  it('a fake remembers what it was told, as clients would get it', async () => {
    const fake = new FakeKittiwake();
    const data = { at: new Date(0), none: undefined };
    await fake.publish('orders.7', data, { order: 1 });
    await fake.trigger([{ shop: 1, till: 2 }], data);
    data.at = new Date(1);
    const seen = { at: '1970-01-01T00:00:00.000Z' };
    expect(fake.published).toEqual([{ topic: 'orders.7', data: seen, options: { order: 1 } }]);
    expect(fake.triggeredIn({ till: 2, shop: 1 })).toEqual([seen]);
    expect(fake.triggeredIn({ shop: 1 })).toEqual([]);
    await fake.disconnect({ identity: 7 }, { comesBack: true });
    await fake.unsubscribe({ topic: 'orders.7' });
    await fake.revoke({ identity: 7 }, { ttlMs: 1 });
    await fake.renewRooms('c');
    const { disconnected, unsubscribed, revoked, renewed } = fake;
    expect({ disconnected, unsubscribed, revoked, renewed }).toEqual({
      disconnected: [{ identity: 7, comesBack: true }],
      unsubscribed: [{ topic: 'orders.7' }],
      revoked: [{ identity: 7, ttlMs: 1 }],
      renewed: ['c'],
    });
  });

  it('a fake refuses what the gateway refuses, and all that it is to refuse', async () => {
    const fake = new FakeKittiwake();
    await expect(fake.publish('orders', 1)).rejects.toThrow('must be <service>.<topic>');
    await expect(fake.publish('orders.7', 1n)).rejects.toThrow(TypeError);
    fake.failWith(new Error('lost'));
    await expect(fake.publish('orders.7', 1)).rejects.toThrow('lost');
    fake.failWith(undefined);
    expect(await fake.publish('orders.7', 1, { idempotencyKey: 'k' })).toMatchObject({ isRepeated: false });
    expect(await fake.publish('orders.7', 1, { idempotencyKey: 'k' })).toEqual({ isRepeated: true });
    expect(fake.publishedTo('orders.7')).toEqual([1]);
  });

  it('a fake has a history, and who it is told is there', async () => {
    const fake = new FakeKittiwake();
    const first = await fake.publish('orders.7', 1);
    await fake.publish('orders.7', 2);
    const { position, publications } = await fake.history('orders.7', { since: first.position });
    expect({ position, data: publications.map(({ data }) => data) }).toEqual({
      position: 'fake.2',
      data: [2],
    });
    expect(await fake.history('orders.7', { since: 'other.1' })).toMatchObject({ isComplete: false });
    fake.arrange({ shop: 1 }, [{ key: 7 }]);
    expect(await fake.presence({ shop: 1 })).toEqual({ count: 1, members: [{ key: 7 }] });
    expect(await fake.presence({ shop: 1 }, { limit: 0 })).toEqual({ count: 1 });
    expect(await fake.presenceCounts([{ shop: 1 }, 'orders.7'])).toEqual([1, 0]);
    expect(await fake.connections()).toMatchObject({ connections: [], total: 0 });
  });

  it('a literal will do', async () => {
    const published: unknown[] = [];
    const unused = (): Promise<never> => Promise.reject(new Error('not used'));
    const literal: Kittiwake = {
      publish: async (topic, data) => {
        published.push([topic, data]);
        return { isRepeated: false };
      },
      history: unused,
      presence: unused,
      presenceCounts: unused,
      trigger: unused,
      renewRooms: unused,
      disconnect: unused,
      revoke: unused,
      connections: unused,
      unsubscribe: unused,
    };
    await new OrdersTopic(literal).pay({ amount: 1 });
    expect(published).toEqual([['orders.7', { amount: 1 }]]);
  });
});
