import {
  type CanActivate,
  Controller,
  type INestApplication,
  type INestApplicationContext,
  Injectable,
  Module,
  type ModuleMetadata,
  Query,
  Scope,
  UseGuards,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { AbstractWsAdapter, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Server as HttpServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  Authorize,
  Callback,
  ConfigurationError,
  Kittiwake,
  KittiwakeAdapter,
  type KittiwakeAsyncOptions,
  KittiwakeModule,
  type KittiwakeOptions,
  loadSettings,
  MessageData,
  type MessageRequest,
  OnAuthorizationChange,
  OnGap,
  OnHeartbeat,
  OnMessage,
  OnSubscribe,
  OnUnsubscribe,
  PublicationError,
  TopicService,
  ValidateTicket,
} from '../src/index.js';
import { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';
import { rejection } from './support/http-callers.js';
import { createApp, moduleOf, OPTIONS, TestApp } from './support/nest-app.js';
import { freePort, RedisServer } from './support/redis-server.js';

const ANYBODY = { requireAuthentication: false };
const QUIET = { logger: false, abortOnError: false } as const;
const CUT_OFF = 'call app.useWebSocketAdapter(new KittiwakeAdapter(app)) before app.listen()';

@TopicService('books', ANYBODY)
class Echo {
  @OnMessage()
  echo({ data }: MessageRequest): unknown {
    return data;
  }
}

describe('an app with Kittiwake', () => {
  const running: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of running.splice(0).toReversed()) await one.close();
  });

  async function listen(module: new () => object): Promise<TestApp> {
    const app = await createApp(module);
    running.push(app);
    return TestApp.listen(app);
  }

  /** Why an app with this module does not start. */
  async function failure(metadata: ModuleMetadata, options?: KittiwakeOptions): Promise<string> {
    const app = await createApp(moduleOf(metadata, options));
    running.push(app);
    return ((await rejection(app.init())) as Error).message;
  }

  async function answerTo(data: unknown, metadata: ModuleMetadata): Promise<unknown> {
    const { url } = await listen(moduleOf(metadata));
    const client = await TestClient.connect(url);
    running.push({ close: () => client.close() });
    await client.ask({ event: 'subscribe', subscription: 'books.1' });
    return (await client.ask({ event: 'message', subscription: 'books.1', data })).data;
  }

  describe('has gateways of its own or not:', () => {
    @WebSocketGateway({ path: '/chat' })
    class Chat {
      @SubscribeMessage('chat')
      chat(): object {
        return { event: 'chat' };
      }
    }

    /** As adapters of other libraries do, it leaves the paths that it does not know alone. */
    class TolerantAdapter extends AbstractWsAdapter {
      override create(_port: number, { path }: { path?: string } = {}): WebSocketServer {
        const server = new WebSocketServer({ noServer: true });
        (this.httpServer as HttpServer).on('upgrade', (request, socket, head) => {
          if (request.url === path)
            server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client));
        });
        return server;
      }

      override bindMessageHandlers(client: WebSocket): void {
        client.on('message', (message: Buffer) => client.send(message.toString()));
      }
    }

    async function replies(
      module: new () => object,
      prepare: (app: INestApplication) => void = () => undefined,
    ) {
      const app = await NestFactory.create(module, QUIET);
      running.push(app);
      prepare(app);
      const { url } = await TestApp.listen(app);
      const client = await TestClient.connect(url);
      running.push({ close: () => client.close() });
      return { url, reply: await client.ask({ event: 'subscribe', subscription: 'books.1' }) };
    }

    const SUBSCRIBED = { event: 'subscribe', subscription: 'books.1', status: 'ok' };

    it('without, it needs no adapter', async () => {
      const { reply } = await replies(moduleOf({ providers: [Echo] }));
      expect(reply).toEqual(SUBSCRIBED);
    });

    it("without, any adapter will do, Nest's or ours", async () => {
      const module = moduleOf({ providers: [Echo] });
      for (const Adapter of [WsAdapter, KittiwakeAdapter]) {
        const { reply } = await replies(module, (app) => app.useWebSocketAdapter(new Adapter(app)));
        expect(reply).toEqual(SUBSCRIBED);
      }
    });

    it('with, its adapter may be another that lets others be', async () => {
      const { url, reply } = await replies(moduleOf({ providers: [Echo, Chat] }), (app) =>
        app.useWebSocketAdapter(new TolerantAdapter(app)),
      );
      expect(reply).toEqual(SUBSCRIBED);
      const client = await TestClient.connect(url.replace('/ws', '/chat'));
      running.push({ close: () => client.close() });
      expect(await client.ask({ event: 'chat' })).toEqual({ event: 'chat' });
    });

    it("with, it does not start on Nest's, which would cut off our clients", async () => {
      const app = await NestFactory.create(moduleOf({ providers: [Chat] }), QUIET);
      running.push(app);
      app.useWebSocketAdapter(new WsAdapter(app));
      await expect(app.init()).rejects.toThrow(CUT_OFF);
    });

    it('our adapter is of no use without the module', async () => {
      @Module({})
      class Empty {}
      const app = await NestFactory.create(Empty, QUIET);
      running.push(app);
      expect(() => new KittiwakeAdapter(app)).toThrow(
        'KittiwakeAdapter is for an app that imports KittiwakeModule.forRoot(…)',
      );
    });
  });

  describe('without HTTP', () => {
    let redis: RedisServer | undefined;
    afterEach(async () => redis?.stop());

    async function context(options: KittiwakeOptions): Promise<INestApplicationContext> {
      const made = await NestFactory.createApplicationContext(moduleOf({}, options), QUIET);
      running.push(made);
      return made;
    }

    it('publishes to the clients of other nodes', async () => {
      redis = await RedisServer.start();
      const options: KittiwakeOptions = {
        broker: { kind: 'redis', redis: { url: redis.url } },
        services: { books: ANYBODY },
      };
      const gateway = await TestGateway.start(options);
      running.push({ close: () => gateway.stop() });
      const client = await TestClient.connect(gateway.url);
      await client.ask({ event: 'subscribe', subscription: 'books.1' });
      const worker = await context({ ...OPTIONS, ...options });
      await worker.get(Kittiwake).publish('books.1', { title: 'T' }, { order: 2n });
      expect(await client.next()).toMatchObject({ event: 'message', data: { title: 'T' } });
    });

    it('publishes to nobody when it is alone', async () => {
      const worker = await context({ ...OPTIONS, services: { books: ANYBODY } });
      await expect(worker.get(Kittiwake).publish('books.1', 1)).resolves.toEqual({ isRepeated: false });
    });
  });

  describe('publishes nothing', () => {
    it.each([
      ['for a service that there is not', 'news.1', 1, {}, PublicationError],
      ['that is not for a topic', 'books', 1, {}, PublicationError],
      ['that cannot be JSON', 'books.1', 1n, {}, TypeError],
      ['in an order that is not a number', 'books.1', 1, { order: Number.NaN }, TypeError],
      ['for a time that is not a number', 'books.1', 1, { throttle: Infinity }, TypeError],
    ])('%s', async (_what, topic, data, options, error) => {
      const { app } = await listen(moduleOf({ providers: [Echo] }));
      await expect(app.get(Kittiwake).publish(topic, data, options)).rejects.toThrow(error);
    });
  });

  describe('takes its options', () => {
    it('from a factory with dependencies', async () => {
      const { url } = await listen(
        asyncModule({
          imports: [
            ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => ({ realtime: { path: '/live' } })] }),
          ],
          inject: [ConfigService],
          useFactory: (config: ConfigService) => ({
            ...OPTIONS,
            topics: { path: config.getOrThrow<string>('realtime.path') },
          }),
        }),
      );
      const client = await TestClient.connect(url.replace('/ws', '/live'));
      expect(await client.ask({ event: 'ping' })).toEqual({ event: 'pong', data: null });
      await client.close();
    });

    it('from a factory that gives settings', async () => {
      const settings = loadSettings({ ...OPTIONS, topics: { path: '/live' } });
      const { url } = await listen(asyncModule({ useFactory: async () => settings }));
      const client = await TestClient.connect(url.replace('/ws', '/live'));
      await client.close();
    });

    it('and names all that is wrong with them in one error', () => {
      const wrong = { topics: { path: 5 }, servces: {} } as unknown as KittiwakeOptions;
      expect(() => KittiwakeModule.forRoot(wrong)).toThrow(ConfigurationError);
      expect(() => KittiwakeModule.forRoot(wrong)).toThrow(
        /^The configuration cannot be used:\n- servces: .*services.*\n- topics\.path: found 5, expected .*$/,
      );
    });

    it('and does not start with wrong ones from a factory', async () => {
      const module = asyncModule({ useFactory: () => ({ limits: { frameBytes: 'big' } }) });
      const error = await rejection(NestFactory.create(module, QUIET));
      expect(error).toBeInstanceOf(ConfigurationError);
      expect((error as Error).message).toMatch(
        /^The configuration cannot be used:\n- limits\.frameBytes: found "big", expected .*$/,
      );
    });
  });

  describe('is injected into', () => {
    @Injectable()
    class News {
      constructor(readonly kittiwake: Kittiwake) {}
    }
    @Module({ providers: [News, Echo] })
    class Feature {}

    it('modules that do not import it', async () => {
      @Module({ imports: [KittiwakeModule.forRoot(OPTIONS), Feature] })
      class AppModule {}
      const { app } = await listen(AppModule);
      await expect(app.get(News).kittiwake.publish('books.1', 1)).resolves.toEqual({ isRepeated: false });
    });

    it.each([
      ['forRoot', () => KittiwakeModule.forRoot(OPTIONS, { isGlobal: false })],
      ['forRootAsync', () => KittiwakeModule.forRootAsync({ useFactory: () => OPTIONS, isGlobal: false })],
    ])('no others when it is not global: %s', async (_way, imported) => {
      @Module({ imports: [imported(), Feature] })
      class AppModule {}
      const error = (await rejection(NestFactory.create(AppModule, QUIET))) as Error;
      expect(error.message).toContain("can't resolve dependencies of the News");
    });
  });

  it.each([
    ['with options of their own', () => KittiwakeModule.forRoot({ ...OPTIONS, topics: { path: '/live' } })],
    ['without options', () => KittiwakeModule],
  ])('does not start when a second module imports it %s', async (_how, imported) => {
    @Module({ imports: [imported()] })
    class Feature {}
    @Module({ imports: [KittiwakeModule.forRoot(OPTIONS), Feature] })
    class AppModule {}
    const error = (await rejection(NestFactory.create(AppModule, QUIET))) as Error;
    expect(error.message).toBe(
      'KittiwakeModule is imported several times, and an app has one gateway: call KittiwakeModule.forRoot(…) in one ' +
        'module; the others inject Kittiwake without importing anything, as the module is global',
    );
  });

  it('keeps a gateway that has a port of its own', async () => {
    const port = await freePort();
    @WebSocketGateway(port)
    class Clock {
      @SubscribeMessage('time')
      time(): object {
        return { event: 'time', data: 5 };
      }
    }
    const { url } = await listen(moduleOf({ providers: [Clock] }));
    const [ours, theirs] = [
      await TestClient.connect(url),
      await TestClient.connect(`ws://127.0.0.1:${port}`),
    ];
    expect(await ours.ask({ event: 'time' })).toMatchObject({ error: 'Event not found.' });
    expect(await theirs.ask({ event: 'time' })).toEqual({ event: 'time', data: 5 });
    await Promise.all([ours.close(), theirs.close()]);
  });

  describe('does not start with a provider that', () => {
    const SINGLETON =
      ' answers callbacks of Kittiwake, which come without a request: ' +
      'it must be a singleton, and nothing that it injects or is decorated with may be request-scoped';

    it.each([
      ['request-scoped', Scope.REQUEST],
      ['transient', Scope.TRANSIENT],
    ])('is %s', async (_scope, scope) => {
      @Injectable({ scope })
      class Tickets {
        @ValidateTicket()
        validate(): object {
          return {};
        }
      }
      expect(await failure({ providers: [Tickets] })).toBe(`Tickets${SINGLETON}`);
    });

    it('injects what is request-scoped', async () => {
      @Injectable({ scope: Scope.REQUEST })
      class OfRequest {}
      @TopicService('books')
      class Books {
        constructor(readonly ofRequest: OfRequest) {}

        @OnSubscribe()
        begun(): void {
          // nothing to do
        }
      }
      expect(await failure({ providers: [OfRequest, Books] })).toBe(`Books${SINGLETON}`);
    });

    it('has a guard that is request-scoped', async () => {
      @Injectable({ scope: Scope.REQUEST })
      class OfRequest implements CanActivate {
        canActivate(): boolean {
          return true;
        }
      }
      @TopicService('books')
      class Books {
        @OnMessage()
        @UseGuards(OfRequest)
        take(): void {
          // nothing to do
        }
      }
      expect(await failure({ providers: [Books] })).toBe(`Books${SINGLETON}`);
    });

    it('is a controller', async () => {
      @Controller('books')
      @TopicService('books')
      class Books {
        @OnMessage()
        take(): void {
          // nothing to do
        }
      }
      expect(await failure({ controllers: [Books] })).toBe(
        'Books answers callbacks of Kittiwake, so it must be a provider, not a controller',
      );
    });

    it('answers topic callbacks without a service', async () => {
      @Injectable()
      class Books {
        @OnMessage()
        take(): void {
          // nothing to do
        }
      }
      expect(await failure({ providers: [Books] })).toBe(
        'Books answers topic callbacks, but has no @TopicService decorator',
      );
    });

    it('answers a callback twice', async () => {
      @TopicService('books')
      class Books {
        @OnMessage()
        take(): void {
          // nothing to do
        }

        @OnSubscribe()
        @OnMessage()
        takeToo(): void {
          // nothing to do
        }
      }
      expect(await failure({ providers: [Books] })).toBe(
        'Books.take and Books.takeToo both answer onMessage',
      );
    });

    it('is a service of a name that another one has', async () => {
      @TopicService('books')
      class Other {}
      expect(await failure({ providers: [Echo, Other] })).toBe(
        'the service "books" is defined twice: by Echo and by Other',
      );
    });

    it('is a service that the options have too', async () => {
      expect(await failure({ providers: [Echo] }, { ...OPTIONS, services: { books: {} } })).toBe(
        'the service "books" is defined twice: by configuration and by Echo',
      );
    });

    it('is a service in more than one module', async () => {
      @Module({ providers: [Echo] })
      class Feature {}
      expect(await failure({ imports: [Feature], providers: [Echo] })).toBe(
        'the service "books" is defined twice: more than one module provides Echo',
      );
    });

    it('has rules that are wrong, or a name that is none', async () => {
      @TopicService('books', { authorizationRenewalPeriod: '5 minutes' })
      class Books {}
      @TopicService('')
      class News {}
      expect(await failure({ providers: [Books] })).toMatch(
        /^The configuration cannot be used:\n- @TopicService of Books: services\.books\.authorizationRenewalPeriod: found "5 minutes", expected .*$/,
      );
      expect(await failure({ providers: [News] })).toMatch(
        /^The configuration cannot be used:\n- @TopicService of News: services: found "", expected a service name.*$/,
      );
    });

    it('keeps a history in a Cluster that is used as one server', async () => {
      @TopicService('books', { history: {} })
      class Books {}
      const broker = { kind: 'redis', redis: { clusterNodes: ['127.0.0.1:1'] } } as const;
      expect(await failure({ providers: [Books] }, { ...OPTIONS, broker })).toMatch(
        /^The configuration cannot be used:\n- broker\.redis\.partitions: found 0, and a history for books, expected .*$/,
      );
    });

    it('waits for callbacks that never come', async () => {
      @TopicService('books')
      class Beats {
        @OnHeartbeat()
        beat(): void {
          // nothing to do
        }
      }
      @TopicService('books')
      class Changes {
        @OnAuthorizationChange()
        changed(): void {
          // nothing to do
        }
      }
      @TopicService('books')
      class Fills {
        @OnGap()
        fill(): void {
          // nothing to do
        }
      }
      expect(await failure({ providers: [Fills] })).toBe('Fills answers onGap, but has no history');
      expect(await failure({ providers: [Beats] })).toBe(
        'Beats answers onHeartbeat, but has no heartbeatPeriod',
      );
      expect(await failure({ providers: [Changes] })).toBe(
        'Changes answers onAuthorizationChange, but has no authorizationRenewalPeriod',
      );
    });

    it('has a parameter without a decorator beside one with it', async () => {
      @TopicService('books')
      class Books {
        @OnMessage()
        take(@MessageData() _data: string, _request: MessageRequest): void {
          // nothing to do
        }
      }
      expect(await failure({ providers: [Books] })).toBe(
        'Books.take: parameter 2 has no decorator, but another one has; use @MessageData() or @Callback()',
      );
    });

    it('has a parameter of an HTTP request', async () => {
      @TopicService('books')
      class Books {
        @Authorize()
        authorize(@Callback() _request: MessageRequest, @Query() _query: object): void {
          // nothing to do
        }
      }
      expect(await failure({ providers: [Books] })).toBe(
        'Books.authorize: parameter 2 is of a request over HTTP; use @MessageData() or @Callback()',
      );
    });

    it('validates tickets that are validated elsewhere', async () => {
      @Injectable()
      class Tickets {
        @ValidateTicket()
        validate(): object {
          return {};
        }
      }
      const ticket = { url: 'http://127.0.0.1:1/tickets', fields: ['user_id'] };
      expect(await failure({ providers: [Tickets] }, { ...OPTIONS, auth: { ticket } })).toBe(
        'tickets are validated in more than one place: Tickets.validate, auth.ticket.url',
      );
    });
  });

  describe('takes for a service', () => {
    it('a class without callbacks', async () => {
      @TopicService('books', ANYBODY)
      class Books {}
      const { app, url } = await listen(moduleOf({ providers: [Books] }));
      const client = await TestClient.connect(url);
      await client.ask({ event: 'subscribe', subscription: 'books.1' });
      await app.get(Kittiwake).publish('books.1', 'new');
      expect(await client.next()).toMatchObject({ event: 'message', data: 'new' });
      await client.close();
    });

    it('a class that answers several callbacks with one method', async () => {
      const asked: unknown[] = [];
      @TopicService('books', ANYBODY)
      class Books {
        @OnSubscribe()
        @OnUnsubscribe()
        take({ topic }: MessageRequest): void {
          asked.push(topic);
        }
      }
      const { url } = await listen(moduleOf({ providers: [Books] }));
      const client = await TestClient.connect(url);
      await client.ask({ event: 'subscribe', subscription: 'books.1' });
      await client.ask({ event: 'unsubscribe', subscription: 'books.1' });
      await client.settled();
      expect(asked).toEqual(['1', '1']);
      await client.close();
    });

    it('a class whose methods are inherited', async () => {
      @TopicService('books', ANYBODY)
      class Books extends Echo {}
      expect(await answerTo('a', { providers: [Books] })).toBe('a');
    });

    it.each([
      ['a value', { provide: 'BOOKS', useValue: new Echo() }],
      ['what a factory makes', { provide: 'BOOKS', useFactory: async () => new Echo() }],
      ['a class under another name', { provide: 'BOOKS', useClass: Echo }],
    ])('%s', async (_what, provider) => {
      expect(await answerTo('a', { providers: [provider] })).toBe('a');
    });

    it.each([Object.create(null), 'text', null, () => 1])('nothing that has no class', async (useValue) => {
      expect(await answerTo('a', { providers: [Echo, { provide: 'NOTHING', useValue }] })).toBe('a');
    });

    it('a provider with a second name, once', async () => {
      const providers = [Echo, { provide: 'ALIAS', useExisting: Echo }];
      expect(await answerTo('a', { providers })).toBe('a');
    });
  });
});

/** A module that imports Kittiwake with options from a factory. */
function asyncModule(options: KittiwakeAsyncOptions): new () => object {
  @Module({ imports: [KittiwakeModule.forRootAsync(options)] })
  class AppModule {}
  return AppModule;
}
