import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  Controller,
  type DynamicModule,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  type INestApplication,
  Injectable,
  Module,
  type NestInterceptor,
  Post,
  VersioningType,
} from '@nestjs/common';
import {
  APP_FILTER,
  APP_GUARD,
  APP_INTERCEPTOR,
  HttpAdapterHost,
  NestFactory,
  Reflector,
} from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { once } from 'node:events';
import { connect, type Server } from 'node:net';
import { Counter, Registry } from 'prom-client';
import { map } from 'rxjs';
import {
  type EndpointKind,
  KITTIWAKE_ENDPOINT,
  KittiwakeAdapter,
  KittiwakeModule,
  type KittiwakeOptions,
} from '../src/index.js';
import { ConsoleApi, OPERATOR_KEYS } from './support/console.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { API_KEY } from './support/gateway.js';
import { createApp, KeptLog, moduleOf, OPTIONS, TestApp } from './support/nest-app.js';

const OFF: KittiwakeOptions = {
  publish: { enabled: false },
  health: { enabled: false },
  metrics: { enabled: false },
  shutdown: { spread: '0s' },
};

/** What an app may have had before. */
@Controller()
class OwnController {
  @Get(['metrics', 'status', 'health/live', 'health/ready', 'history'])
  own(): { own: boolean } {
    return { own: true };
  }

  @Post(['publish', 'trigger'])
  published(): { own: boolean } {
    return { own: true };
  }
}

@Controller('books')
class BooksController {
  @Get()
  list(): { books: number } {
    return { books: 3 };
  }
}

/** What apps have for their own clients. */
const ENVELOPE: NestInterceptor = {
  intercept: (_context, next) => next.handle().pipe(map((data: unknown) => ({ data }))),
};

@Catch()
class HttpErrors implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(_exception: unknown, context: ArgumentsHost): void {
    this.host.httpAdapter.reply(context.switchToHttp().getResponse(), { failed: true }, 418);
  }
}

const OWN = { controllers: [OwnController] };
const PATHS: readonly (readonly [method: 'GET' | 'POST', path: string])[] = [
  ['GET', '/metrics'],
  ['GET', '/status'],
  ['GET', '/health/live'],
  ['GET', '/health/ready'],
  ['GET', '/history'],
  ['POST', '/publish'],
  ['POST', '/trigger'],
];

const stopped = stoppedAfterEach();

/** An app that has such endpoints of its own, and imports the gateway. */
function moduleWith(imported: DynamicModule): new () => object {
  @Module({ ...OWN, imports: [imported] })
  class AppModule {}
  return AppModule;
}

const platforms = {
  Express: (module: new () => object) => createApp(module),
  Fastify: async (module: new () => object) => {
    const options = { logger: new KeptLog(), abortOnError: false, rawBody: true };
    const app = await NestFactory.create(module, new FastifyAdapter(), options);
    app.useWebSocketAdapter(new KittiwakeAdapter(app));
    return app;
  },
};

describe.each(['Express', 'Fastify'] as const)('in an app on %s', (platform) => {
  async function start(
    module: new () => object,
    prepare: (app: INestApplication) => void = () => undefined,
  ): Promise<TestApp> {
    const app = await platforms[platform](module);
    prepare(app);
    return stopped(await TestApp.listen(app));
  }

  async function answerOf(app: TestApp, method: string, path: string): Promise<unknown> {
    return (await app.fetch(method, path, method === 'POST' ? {} : undefined)).body;
  }

  async function statusOf(app: TestApp, path: string, method = 'GET'): Promise<number> {
    const response = await fetch(app.httpUrl + path, { method });
    await response.arrayBuffer();
    return response.status;
  }

  /** They hid the app's own, or kept it from starting. */
  it.each(['forRoot', 'forRootAsync'] as const)(
    'endpoints that are off leave their paths to the app: %s',
    async (way) => {
      const imported =
        way === 'forRoot'
          ? KittiwakeModule.forRoot(OFF)
          : KittiwakeModule.forRootAsync({ useFactory: async () => OFF });
      const app = await start(moduleWith(imported));
      for (const [method, path] of PATHS)
        expect([path, await answerOf(app, method, path)]).toEqual([path, { own: true }]);
    },
  );

  it('endpoints are where the settings say, and leave all else to the app', async () => {
    const options: KittiwakeOptions = {
      ...OPTIONS,
      publish: { ...OPTIONS.publish, path: '/push/topics', triggerPath: '/push/rooms' },
      health: { livePath: '/up', readyPath: '/up/ready' },
      rooms: { api: { url: 'http://127.0.0.1:9/' } },
    };
    const app = await start(moduleOf(OWN, options));
    for (const [method, path] of PATHS)
      expect([path, await answerOf(app, method, path)]).toEqual([path, { own: true }]);
    expect(await statusOf(app, '/up')).toBe(200);
    expect(await statusOf(app, '/up/ready')).toBe(200);
    for (const path of ['/push/topics', '/push/rooms']) expect(await statusOf(app, path, 'POST')).toBe(401);
  });

  it('operators find nothing until there is a path for them', async () => {
    const app = await start(moduleOf({}));
    for (const path of [
      '/metrics',
      '/status',
      '/kittiwake/metrics',
      '/kittiwake/openapi.json',
      '/openapi.json',
    ])
      expect([path, await statusOf(app, path)]).toEqual([path, 404]);
    const placed = await start(moduleOf({}, { ...OPTIONS, operators: { path: '/internal/gateway' } }));
    for (const path of ['/metrics', '/status', '/openapi.json'])
      expect([path, await statusOf(placed, `/internal/gateway${path}`)]).toEqual([path, 200]);
    expect(await statusOf(placed, '/internal/gateway/page')).toBe(404);
  });

  it("what is for operators is behind the app's guards", async () => {
    @Injectable()
    class Nobody implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        return context.getType() !== 'http';
      }
    }
    const guarded = { providers: [{ provide: APP_GUARD, useClass: Nobody }] };
    const app = await start(moduleOf(guarded, { ...OPTIONS, operators: { path: '/kittiwake' } }));
    for (const path of ['metrics', 'status', 'openapi.json'])
      expect([path, await statusOf(app, `/kittiwake/${path}`)]).toEqual([path, 403]);
  });

  /** They put bodies into envelopes, which services and Prometheus cannot read, and broke metrics on Fastify. */
  it('interceptors and exception filters of the app have no part in what the gateway answers', async () => {
    const globals = [
      { provide: APP_INTERCEPTOR, useValue: ENVELOPE },
      { provide: APP_FILTER, useClass: HttpErrors },
    ];
    const metadata = { controllers: [BooksController], providers: globals };
    const services = { kept: { history: {} } };
    const app = await start(moduleOf(metadata, { ...OPTIONS, services, operators: { path: '/kittiwake' } }));
    expect(await answerOf(app, 'GET', '/books')).toEqual({ data: { books: 3 } });
    expect(await app.publish({ subscription: 'nobody.1', data: 1 })).toEqual({
      status: 400,
      body: { status: 'error', error: expect.any(String) },
    });
    const headers = { Authorization: `Bearer ${API_KEY}`, 'Idempotency-Key': 'k' };
    const publication = { subscription: 'kept.1', data: 12 };
    const { body: first } = await app.fetch('POST', '/publish', publication, headers);
    const { position } = first as { position: string };
    const again = await app.fetch('POST', '/publish', publication, headers);
    expect(again.body).toEqual({ status: 'ok', position, repeated: true });
    expect(await app.fetch('GET', '/history?subscription=kept.1', undefined, headers)).toEqual({
      status: 200,
      body: { status: 'ok', position, complete: true, publications: [{ position, data: 12 }] },
    });
    const refused = { status: 'error', error: 'a valid API key is required' };
    expect(await app.fetch('POST', '/publish', {})).toEqual({ status: 401, body: refused });
    expect(await answerOf(app, 'GET', '/health/live')).toEqual({ status: 'ok' });
    const metrics = await fetch(`${app.httpUrl}/kittiwake/metrics`);
    expect([metrics.status, await metrics.text()]).toEqual([200, expect.stringMatching(/^# HELP /)]);
  });

  it('operators have the console below the prefix of the app, follow and act', async () => {
    const operators = { path: '/kittiwake', keys: OPERATOR_KEYS };
    const app = await start(moduleOf({}, { ...OPTIONS, services: { a: {} }, operators }), (made) => {
      made.setGlobalPrefix('api');
    });
    const operatorsUrl = `${app.httpUrl}/api/kittiwake`;
    expect(await (await fetch(`${operatorsUrl}/console`)).text()).toContain(
      '<title>Kittiwake console</title>',
    );
    const console = new ConsoleApi({ operatorsUrl });
    const tail = await console.tail({ topic: 'a.1', data: 'true' });
    expect(await console.post('publish', { subscription: 'a.1', data: [12] })).toEqual([
      200,
      { status: 'ok' },
    ]);
    expect(await tail.next('publication')).toMatchObject({ topic: 'a.1', data: [12] });
    tail.stop();
    expect((await new ConsoleApi({ operatorsUrl }, null).get('nodes'))[0]).toBe(401);
  });

  it('an operator who follows does not keep the app from closing', async () => {
    const operators = { path: '/kittiwake', keys: OPERATOR_KEYS };
    const app = await start(moduleOf({}, { ...OPTIONS, services: { a: {} }, operators }));
    const tail = await new ConsoleApi({ operatorsUrl: `${app.httpUrl}/kittiwake` }).tail({ topic: 'a.1' });
    await app.stop();
    await tail.ended;
  });

  it('a connection that has never sent anything does not keep the app from closing', async () => {
    const app = await start(moduleOf({}));
    const taken = once(app.app.getHttpServer() as Server, 'connection');
    const silent = connect(app.port, '127.0.0.1').on('error', () => undefined);
    const over = once(silent, 'close');
    await taken;
    await app.stop();
    await over;
  });

  it('a guard of the whole app can tell whose endpoints they are', async () => {
    @Injectable()
    class KnownEndpoints implements CanActivate {
      constructor(private readonly reflector: Reflector) {}

      canActivate(context: ExecutionContext): boolean {
        const kind = this.reflector.get<EndpointKind | undefined>(KITTIWAKE_ENDPOINT, context.getClass());
        return kind === 'push' || kind === 'health';
      }
    }
    const providers = [{ provide: APP_GUARD, useClass: KnownEndpoints }];
    const guarded = { controllers: [BooksController], providers };
    const app = await start(moduleOf(guarded, { ...OPTIONS, operators: { path: '/kittiwake' } }));
    expect(await statusOf(app, '/health/live')).toBe(200);
    expect(await statusOf(app, '/publish', 'POST')).toBe(401);
    expect(await statusOf(app, '/kittiwake/metrics')).toBe(403);
    expect(await statusOf(app, '/books')).toBe(403);
  });

  it('versions in URLs are for the controllers of the app', async () => {
    const app = await start(moduleOf(OWN, { ...OPTIONS, operators: { path: '/kittiwake' } }), (made) => {
      made.setGlobalPrefix('api');
      made.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
    });
    expect((await app.fetch('GET', '/api/v1/metrics')).body).toEqual({ own: true });
    expect((await app.fetch('GET', '/api/health/live')).body).toEqual({ status: 'ok' });
    expect(await statusOf(app, '/api/publish', 'POST')).toBe(401);
    expect(await statusOf(app, '/api/kittiwake/metrics')).toBe(200);
  });

  it("the metrics are among the app's own when it gives its registry, and gone with the gateway", async () => {
    const registry = new Registry();
    const orders = new Counter({ name: 'orders_total', help: 'Orders.', registers: [registry] });
    orders.inc();
    const options = { ...OPTIONS, operators: { path: '/kittiwake' } };
    const imports = [KittiwakeModule.forRoot(options, { registry })];
    @Module({ imports })
    class OrdersModule {}
    const app = await start(OrdersModule);
    const own = await registry.metrics();
    expect(own).toMatch(/^kittiwake_connections 0$/m);
    expect(own).toMatch(/^orders_total 1$/m);
    expect(own).not.toContain('process_cpu');
    const told = await (await fetch(`${app.httpUrl}/kittiwake/metrics`)).text();
    expect(told).toMatch(/^orders_total 1$/m);
    await app.stop();
    expect(registry.getMetricsAsArray().map(({ name }) => name)).toEqual(['orders_total']);
    await start(OrdersModule);
  });
});

describe('two apps in one process', () => {
  it('have endpoints each where its own settings say', async () => {
    const [first, second] = await Promise.all(
      ['/first', '/second'].map(async (livePath) =>
        stopped(await TestApp.listen(await createApp(moduleOf({}, { ...OPTIONS, health: { livePath } })))),
      ),
    );
    for (const [app, path, other] of [
      [first!, '/first', '/second'],
      [second!, '/second', '/first'],
    ] as const) {
      expect((await fetch(app.httpUrl + path)).status).toBe(200);
      expect((await fetch(app.httpUrl + other)).status).toBe(404);
    }
  });
});

describe('the controllers of the gateway', () => {
  it("are left out of the app's own document", () => {
    const { controllers = [] } = KittiwakeModule.forRoot();
    expect(controllers.length).toBeGreaterThan(0);
    // What ApiExcludeController() of @nestjs/swagger says.
    for (const controller of controllers)
      expect(Reflect.getMetadata('swagger/apiExcludeController', controller)).toEqual([true]);
  });
});
