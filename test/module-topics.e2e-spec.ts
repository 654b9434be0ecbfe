import { type INestApplication, ParseIntPipe, type Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Authorize,
  BeforeSubscribe,
  Callback,
  GapRequest,
  Kittiwake,
  MessageData,
  OnMessage,
  PublicationError,
  SubscriptionRequest,
  TopicParam,
  topicOf,
  TopicService,
} from 'kittiwake';
import { connect, KittiwakeTestingModule, type TestingClient, topicService } from 'kittiwake/testing';
import { toldService } from '../src/operators/procedures/told-interface.js';
import { Services } from '../src/topics/service/services.js';
import { KeptLog } from './support/nest-app.js';

const ANYBODY = { requireAuthentication: false };
const ITEMS = 'orders.:shop.:id/items/*path';

@TopicService(ITEMS, ANYBODY)
class ItemsTopic {
  @Authorize()
  authorize(@TopicParam('shop') shop: string, @TopicParam('id', ParseIntPipe) id: number): boolean {
    return shop === 'a' && Number.isInteger(id);
  }

  @BeforeSubscribe()
  state({ params }: SubscriptionRequest<typeof ITEMS>): unknown {
    const { shop, id, path } = params;
    return { shop, id, path };
  }

  @OnMessage()
  take(
    @MessageData() data: unknown,
    @TopicParam('id', ParseIntPipe) id: number,
    @Callback() request: SubscriptionRequest,
  ): unknown {
    return { id, data, params: request.params };
  }
}

@TopicService('plain', ANYBODY)
class PlainTopic {
  @BeforeSubscribe()
  state({ topic, params }: SubscriptionRequest): unknown {
    return { topic, params };
  }
}

async function appOf(...providers: Provider[]): Promise<INestApplication> {
  const module = await Test.createTestingModule({ imports: [KittiwakeTestingModule.forRoot()], providers })
    .setLogger(new KeptLog())
    .compile();
  return module.createNestApplication();
}

describe('topics of one form', () => {
  let app: INestApplication;
  let client: TestingClient;

  beforeAll(async () => {
    app = await appOf(ItemsTopic, PlainTopic);
    client = await connect(app);
  });
  afterAll(() => app.close());

  it('have parameters, for all callbacks', async () => {
    const topic = topicOf(ITEMS, { shop: 'a', id: 7, path: 'x/y.z' });
    const params = { shop: 'a', id: '7', path: 'x/y.z' };
    expect(await client.subscribed(topic)).toEqual(params);
    expect(await client.sent(topic, 1)).toEqual({ id: 7, data: 1, params });
    await app.get(Kittiwake).publish(topic, 2);
    await client.received(topic, 2);
  });

  it.each(['orders.a', 'orders.a.7/others/x', 'orders.a.7/items/', 'orders.a.7.8/items/x'])(
    'are no others: %s is refused as what is no topic',
    async (topic) => {
      await client.refused(topic, { code: 'invalid_subscription', error: 'Invalid subscription format.' });
      await client.refused({ event: 'message', subscription: topic }, { code: 'invalid_subscription' });
      await client.refused({ event: 'unsubscribe', subscription: topic }, { code: 'invalid_subscription' });
      await expect(app.get(Kittiwake).publish(topic, 1)).rejects.toThrow(PublicationError);
    },
  );

  it('have parameters that pipes refuse, as the authorizer does', async () => {
    await client.refused('orders.a.seven/items/x', {
      code: 'unauthorized',
      error: 'Validation failed (numeric string is expected)',
    });
    await client.refused('orders.b.7/items/x', { code: 'unauthorized', error: 'Unauthorized.' });
  });

  it('are beside services of a plain name, which have none', async () => {
    expect(await client.subscribed('plain.a.b/c')).toEqual({ topic: 'a.b/c', params: {} });
  });

  it('are told to who makes types of them', () => {
    const { rules } = app.get(Services, { strict: false }).named('orders')!;
    expect(toldService('orders', rules)).toEqual({
      name: 'orders',
      topics: ['orders.', '.', '/items/', ''],
      fields: [],
    });
  });

  it('are known without a socket', async () => {
    const service = topicService(new ItemsTopic());
    await service.refused('orders.a', { code: 'invalid_subscription' });
    expect(await topicService(new PlainTopic()).subscribed('plain.a')).toEqual({ topic: 'a', params: {} });
  });

  it('have types', () => {
    const request = new SubscriptionRequest<'orders.:shop/:id'>(new Map(), new AbortController().signal);
    const { shop, id }: { shop: string; id: string } = request.params;
    expect([shop, id]).toEqual([undefined, undefined]);
    // @ts-expect-error -- it has no such parameter
    expect(request.params.other).toBeUndefined();
    // @ts-expect-error -- a parameter is missing
    expect(() => topicOf('orders.:shop.:id', { shop: 'a' })).toThrow(TypeError);
    expect(new GapRequest<'orders.:id'>(new Map(), new AbortController().signal).params).toEqual({});
  });
});

describe('an app does not start', () => {
  async function faultOf(provider: Provider): Promise<unknown> {
    const app = await appOf(provider);
    try {
      await app.init();
      return undefined;
    } catch (error) {
      return (error as Error).message;
    } finally {
      await app.close();
    }
  }

  it('with a pattern that is none', async () => {
    @TopicService('orders.:id.:id')
    class Twice {}
    expect(await faultOf(Twice)).toBe(
      '@TopicService of Twice: the topics "orders.:id.:id" have two parameters of the same name',
    );
  });

  it('with a parameter that the topics do not have', async () => {
    @TopicService('orders.:id', ANYBODY)
    class Misspelt {
      @OnMessage()
      take(@TopicParam('di') id: string): string {
        return id;
      }
    }
    expect(await faultOf(Misspelt)).toBe(
      "Misspelt.take has @TopicParam('di'), but there is no such parameter in orders.:id",
    );
  });

  it('with a parameter of topics without a pattern', async () => {
    @TopicService('orders', ANYBODY)
    class Patternless {
      @OnMessage()
      take(@TopicParam('id') id: string): string {
        return id;
      }
    }
    expect(await faultOf(Patternless)).toContain('there is no such parameter without a pattern of topics');
  });
});
