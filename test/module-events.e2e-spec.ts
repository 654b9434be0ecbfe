import { type INestApplication, Injectable, type Provider, Scope } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  AllowedRooms,
  Authorize,
  type ConnectedEvent,
  type EndedEvent,
  type GatewayEvent,
  Kittiwake,
  OnGatewayEvent,
  type RefusedEvent,
  type SubscriptionRequest,
  TopicService,
} from 'kittiwake';
import { connect, KittiwakeTestingModule, type TestingClient } from 'kittiwake/testing';
import { TestClient } from './support/client.js';
import { KeptLog } from './support/nest-app.js';
import { eventually } from './support/wait.js';

@TopicService('books')
class BooksTopic {
  @Authorize()
  authorize({ topic }: SubscriptionRequest): boolean {
    return topic !== 'secret';
  }
}

@Injectable()
class Rooms {
  @AllowedRooms()
  rooms(): object[] {
    return [{ shop: 1 }];
  }
}

/** Hears everything. */
@Injectable()
class Everything {
  readonly events: GatewayEvent[] = [];

  @OnGatewayEvent()
  hear(event: GatewayEvent): void {
    this.events.push(event);
  }
}

/** Throws at everything that it hears, before and after a wait. */
@Injectable()
class Clumsy {
  @OnGatewayEvent('connected', 'refused')
  hear(event: ConnectedEvent | RefusedEvent): void {
    throw new Error(`dropped ${event.type}`);
  }

  @OnGatewayEvent('ended')
  async later({ reason }: EndedEvent): Promise<void> {
    await Promise.reject(new Error(`dropped ${reason}`));
  }
}

const log = new KeptLog();

async function appOf(...providers: Provider[]): Promise<INestApplication> {
  const imports = [KittiwakeTestingModule.forRoot({ rooms: {} })];
  const module = await Test.createTestingModule({ imports, providers: [...providers, Rooms] })
    .setLogger(log)
    .compile();
  return module.createNestApplication();
}

describe('listeners in process hear', () => {
  let app: INestApplication;
  let client: TestingClient;
  let id: string;
  let heard: GatewayEvent[];

  beforeAll(async () => {
    app = await appOf(Clumsy, Everything, BooksTopic);
    ({ events: heard } = app.get(Everything));
    client = await connect(app, { identity: { user_id: 7 } });
    id = client.connectionId;
  });
  beforeEach(() => {
    log.errors.length = 0;
  });
  afterAll(() => app.close());

  /** The events of the connection since the last time. */
  function news(): GatewayEvent[] {
    return heard.splice(0).filter(({ connectionId }) => connectionId === id);
  }

  async function comes(type: GatewayEvent['type']): Promise<void> {
    await eventually(() => heard.some((event) => event.type === type && event.connectionId === id));
  }

  it('of a client that connects and proves who it is', () => {
    expect(news()).toEqual([
      {
        type: 'connected',
        connectionId: id,
        endpoint: 'topics',
        transport: 'websocket',
        address: '127.0.0.1',
      },
      { type: 'authenticated', connectionId: id, identity: { user_id: 7 }, tokenId: undefined },
    ]);
  });

  it('of topics', async () => {
    const [books, other] = [
      { connectionId: id, topic: 'books.1' },
      { connectionId: id, topic: 'books.2' },
    ];
    await client.subscribed('books.1');
    await client.subscribed('books.2');
    await client.unsubscribed('books.1');
    await app.get(Kittiwake).unsubscribe({ topic: 'books.2' });
    await client.ended('books.2');
    expect(news()).toEqual([
      { type: 'subscribed', ...books },
      { type: 'subscribed', ...other },
      { type: 'unsubscribed', ...books, reason: 'left' },
      { type: 'unsubscribed', ...other, reason: 'revoked' },
      expect.objectContaining({ type: 'refused', code: 'unauthorized', by: 'a service' }),
    ]);
  });

  it('of rooms', async () => {
    const shop = { connectionId: id, room: { shop: 1 } };
    await client.joined({ shop: 1 });
    await client.left({ shop: 1 });
    await client.joined({ shop: 1 }, { presence: true, recover: true });
    await app.get(Kittiwake).unsubscribe({ room: { shop: 1 } });
    await client.ended({ shop: 1 });
    expect(news().filter(({ type }) => type !== 'refused')).toEqual([
      { type: 'subscribed', ...shop },
      { type: 'unsubscribed', ...shop, reason: 'left' },
      { type: 'subscribed', ...shop },
      { type: 'unsubscribed', ...shop, reason: 'revoked' },
    ]);
  });

  it('of what is refused, but not the words of the app', async () => {
    await client.refused('books.secret');
    expect(news()).toEqual([
      {
        type: 'refused',
        connectionId: id,
        address: '127.0.0.1',
        code: 'unauthorized',
        what: 'subscribe',
        by: 'the app (authorizer of books)',
        why: expect.stringContaining('status'),
      },
    ]);
  });

  it('of a handshake that is refused, which has no connection', async () => {
    const { port } = new URL(await app.getUrl());
    await TestClient.refusal(`ws://127.0.0.1:${port}/ws`, { headers: { Origin: 'https://evil.example' } });
    await eventually(() => heard.some(({ type }) => type === 'refused'));
    expect(heard.splice(0)).toEqual([
      expect.objectContaining({ type: 'refused', code: 'origin_not_allowed', connectionId: undefined }),
    ]);
  });

  it('of the end, and of what ends with it', async () => {
    const endings: [() => Promise<unknown>, string, string | undefined][] = [
      [() => client.close(), 'closed', undefined],
      [() => app.get(Kittiwake).disconnect({ connectionId: id }), 'revoked', 'disconnected'],
    ];
    for (const [end, reason, closedFor] of endings) {
      client = await connect(app, { identity: { user_id: 7 } });
      id = client.connectionId;
      await client.subscribed('books.1');
      news();
      await end();
      await comes('unsubscribed');
      expect(news().filter(({ type }) => type !== 'refused')).toEqual([
        { type: 'ended', connectionId: id, endpoint: 'topics', reason, closedFor },
        { type: 'unsubscribed', connectionId: id, topic: 'books.1', reason },
      ]);
    }
  });

  it('whatever others do that throw, which is in the log', async () => {
    const other = await connect(app);
    id = other.connectionId;
    await other.close();
    await comes('ended');
    // Of each kind at most one a second.
    for (const line of [
      'Clumsy\\.hear failed on the event connected: Error: dropped connected',
      'Clumsy\\.later failed on the event ended: Error: dropped closed',
    ]) {
      const whole = new RegExp(`^${line}(?: \\(the last of \\d+\\))? \\(connection ${id}\\)\n`);
      await eventually(() => log.errors.some((text) => whole.test(text)));
    }
  });
});

it('nobody is made to listen', async () => {
  const app = await appOf(BooksTopic);
  const client = await connect(app, { identity: { user_id: 7 } });
  await client.subscribed('books.1');
  await client.joined({ shop: 1 });
  await client.refused('books.secret');
  await client.close();
  await app.close();
});

it('a listener is a singleton', async () => {
  @Injectable({ scope: Scope.REQUEST })
  class Scoped {
    @OnGatewayEvent('connected')
    hear(): void {}
  }
  const app = await appOf(BooksTopic, Scoped);
  await expect(app.init()).rejects.toThrow(
    'Scoped hears of events of Kittiwake, which come without a request',
  );
  await app.close();
});

it('a listener gets the events that it has named', () => {
  class Typed {
    // @ts-expect-error -- it would get another event
    @OnGatewayEvent('connected')
    hear(event: EndedEvent): unknown {
      return event;
    }
  }
  expect(Typed).toBeDefined();
});
