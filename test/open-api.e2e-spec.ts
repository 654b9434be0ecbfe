import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Validator } from '@seriousme/openapi-schema-validator';
import { IsIn, IsInt, IsOptional, IsString, Length, Max, MaxLength, Min } from 'class-validator';
import { map, type Observable } from 'rxjs';
import { loadSettings } from '../src/config/loading/load-settings.js';
import type { OpenApiDocument, Operation } from '../src/open-api/open-api.js';
import { KittiwakeAdapter, type KittiwakeOptions, ProcedureParams, Procedure } from '../src/index.js';
import type { Parameter, Signature } from '../src/procedures/signature.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { Kitten, KITTEN_SECRET, MAIN_FRONTS, sharedKitten, TOKEN_KEY } from './support/kitten.js';
import { createApp, KeptLog, moduleOf, OPTIONS, TestApp } from './support/nest-app.js';
import { procedureOf } from './support/rpc.js';
import { signToken } from './support/tokens.js';

const BELOW: KittiwakeOptions = { operators: { path: '/kittiwake' } };
const PATH = '/kittiwake/openapi.json';
const TOKEN = signToken({ algorithm: 'HS256', key: TOKEN_KEY, claims: { sub: 1 } });
const NOBODY = {};
const SOMEBODY = { Authorization: `Bearer ${TOKEN}` };
const SERVICE = { 'X-Service-Secret': KITTEN_SECRET };

const stopped = stoppedAfterEach();

async function documentOf(
  kitten: Kitten,
  headers: Record<string, string> = SERVICE,
): Promise<OpenApiDocument> {
  const { status, body } = await kitten.ask('', { path: PATH, headers });
  expect(status).toBe(200);
  return JSON.parse(body.toString()) as OpenApiDocument;
}

/** The platforms spell names of headers in their own ways. */
function headerOf(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(headers).find(([other]) => other.toLowerCase() === name)?.[1];
}

/** What the validator finds wrong. */
async function problemsOf(document: object): Promise<unknown> {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(document as Record<string, unknown>);
  return valid && validator.version === '3.1' ? undefined : (errors ?? validator.version);
}

/** The names of the procedures in it. */
function proceduresIn({ paths }: OpenApiDocument, base = '/rpc'): string[] {
  const names = Object.keys(paths).filter((path) => path.startsWith(`${base}/`));
  return names.map((path) => path.slice(base.length + 1)).toSorted();
}

function endpointsIn(document: OpenApiDocument): string[] {
  return Object.entries(document.paths)
    .flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method} ${path}`))
    .filter((text) => !text.includes('/rpc/'))
    .toSorted();
}

/** Every reference leads somewhere, and no two operations have one id. */
function expectWhole(document: OpenApiDocument): void {
  for (const [, reference] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const found = reference!
      .split('/')
      .reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], document);
    expect([reference, typeof found]).toEqual([reference, 'object']);
  }
  const ids = Object.values(document.paths).flatMap(({ get, post }) =>
    [get, post].flatMap((operation) => operation?.operationId ?? []),
  );
  expect(new Set(ids).size).toBe(ids.length);
}

async function started(options: KittiwakeOptions): Promise<Kitten> {
  const kitten = stopped(new Kitten('the gateway'));
  await kitten.start({ ...BELOW, ...options });
  return kitten;
}

describe.each(MAIN_FRONTS)('the document of %s', (front) => {
  const kitten = sharedKitten(front, {
    ...BELOW,
    services: { kept: { history: {} } },
    rooms: { api: { url: 'http://127.0.0.1:9/' } },
  });

  it.each([
    ['nobody', NOBODY],
    ['an identity', SOMEBODY],
    ['the service secret', SERVICE],
  ])('is valid OpenAPI 3.1 for %s', async (_who, headers) => {
    const document = await documentOf(kitten, headers);
    expect(await problemsOf(document)).toBeUndefined();
    expectWhole(document);
    expect(document.paths['/history']?.get?.parameters).toHaveLength(3);
  });

  it('shows nobody anything but public procedures', async () => {
    const document = await documentOf(kitten, NOBODY);
    expect(proceduresIn(document)).toEqual([
      'boom',
      'denied',
      'explode',
      'failing',
      'inspect',
      'meow',
      'metrics',
      'ping',
      'web_root',
    ]);
    expect(JSON.stringify(document)).not.toMatch(/whoami|square|quit|restart/);
    expect(document).toEqual(await documentOf(kitten, { 'X-Service-Secret': 'another' }));
  });

  it('shows an identity private ones too, and the service secret all', async () => {
    const somebody = proceduresIn(await documentOf(kitten, SOMEBODY));
    expect(somebody).toEqual(expect.arrayContaining(['help', 'inspect', 'whoami']));
    expect(somebody).not.toContain('config');
    const service = proceduresIn(await documentOf(kitten, SERVICE));
    expect(service).toEqual(expect.arrayContaining([...somebody, 'config', 'quitquitquit', 'status']));
  });

  it('is refused to who shows a token that is not good', async () => {
    const { status, headers, body } = await kitten.ask('', {
      path: PATH,
      headers: { Authorization: 'Bearer nonsense' },
    });
    expect([status, body.toString()]).toEqual([401, '{"error":"Authentication failed."}']);
    expect(headerOf(headers, 'www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  it('is not kept, and never has the secret', async () => {
    const { headers, body } = await kitten.ask('', { path: PATH, headers: SERVICE });
    const values = Object.values(headers);
    expect(values).toEqual(expect.arrayContaining(['no-store', 'application/json; charset=utf-8']));
    expect(body.toString()).not.toContain(KITTEN_SECRET);
  });
});

describe('a procedure', () => {
  const kitten = sharedKitten('the gateway', BELOW);
  const limited: Parameter[] = [
    { name: 'count', type: 'int', isOptional: false, isNamedOnly: false, limits: { minimum: 1 } },
    { name: 'data', type: 'bytes', isOptional: true, isNamedOnly: false },
    { name: 'loud', type: 'bool', isOptional: false, isNamedOnly: true },
    { name: 'rate', type: 'float', isOptional: true, isNamedOnly: true },
  ];

  async function described(
    name: string,
    signature: Partial<Signature>,
  ): Promise<{ operation: Operation; document: OpenApiDocument }> {
    kitten.add(procedureOf(name, () => 1, { takes: [], ...signature }));
    const document = await documentOf(kitten);
    expectWhole(document);
    return { operation: document.paths[`/rpc/${name}`]!.post!, document };
  }

  it('has its arguments by name, or by position', async () => {
    const rest = { positional: false, named: false };
    const { operation, document } = await described('limited', { parameters: limited, rest });
    const schema = { $ref: '#/components/schemas/arguments.limited' };
    expect(operation.requestBody).toEqual({
      required: true,
      content: {
        'application/json': { schema },
        'application/x-www-form-urlencoded': { schema },
        'application/x-msgpack': { schema },
      },
    });
    const count = { type: 'integer', minimum: 1 };
    const data = { $ref: '#/components/schemas/Bytes' };
    const properties = { count, data, loud: { type: 'boolean' }, rate: { type: 'number' } };
    const description = 'Arguments by position.';
    const _args = { type: 'array', description, prefixItems: [count, data], maxItems: 2 };
    expect(document.components.schemas!['arguments.limited']).toEqual({
      anyOf: [
        {
          title: 'By name',
          type: 'object',
          properties,
          additionalProperties: false,
          required: ['count', 'loud'],
        },
        {
          title: 'By position',
          type: 'object',
          properties: { _args, ...properties },
          additionalProperties: false,
          required: ['_args', 'loud'],
        },
      ],
    });
  });

  it('has any arguments if it takes any', async () => {
    const { document } = await described('anything', { rest: { positional: true, named: true } });
    expect(document.components.schemas!['arguments.anything']).toMatchObject({
      anyOf: [
        { properties: {}, additionalProperties: true },
        { properties: { _args: { type: 'array' } }, required: ['_args'] },
      ],
    });
    const { operation } = await described('unlimited', { rest: { positional: true, named: false } });
    expect(operation.requestBody?.required).toBe(false);
  });

  it('has no body if it takes nothing', async () => {
    expect((await described('bare', {})).operation).not.toHaveProperty('requestBody');
  });

  it('says what it does, and what it gives', async () => {
    const description = 'Adds.\n\nAs well\nas it can.';
    const { operation } = await described('sum', { description, returns: 'int' });
    expect(operation).toMatchObject({
      operationId: 'call.sum',
      summary: 'Adds.',
      description: 'As well\nas it can.',
    });
    const { operation: usage } = await described('used', {
      description: '/used <N>\n\nIs used\nso.\n\nOften.',
    });
    expect(usage).toMatchObject({ summary: 'Is used so.', description: '/used <N>\n\nOften.' });
    const schema = { type: 'integer' };
    expect(operation.responses[200]).toEqual({
      description: 'The result: int.',
      content: { 'application/json': { schema }, 'application/x-msgpack': { schema } },
    });
    const own = await described('own_type', { returns: 'constructor' });
    expect(own.operation.responses[200]).toMatchObject({ content: { 'application/json': { schema: {} } } });
    expect(own.operation.summary).toBe('own_type');
  });

  it('gives a stream, or what it writes itself', async () => {
    const { operation: stream } = await described('flow', { isStream: true });
    expect(Object.keys((stream.responses[200] as { content: object }).content)).toEqual([
      'application/x-ndjson',
      'application/json',
      'application/x-msgpack',
      'text/event-stream',
    ]);
    const { operation: raw } = await described('written', { isRaw: true });
    expect(raw.responses[200]).toMatchObject({ content: { '*/*': {} } });
  });

  it('fails in the ways that there are', async () => {
    const { operation } = await described('failing_so', {});
    const statuses = ['200', '302', '400', '401', '403', '404', '423', '500', '503', '504'];
    expect(Object.keys(operation.responses)).toEqual(statuses);
  });

  it.each([
    ['public', [{}, { serviceSecret: [] }, { token: [] }]],
    ['private', [{ serviceSecret: [] }, { token: [] }]],
    ['service', [{ serviceSecret: [] }]],
  ] as const)('that is %s says who may call it', async (access, security) => {
    const { operation, document } = await described(`for_${access}`, { access });
    expect(operation.security).toEqual(security);
    expect(document.components.securitySchemes).toMatchObject({
      serviceSecret: { type: 'apiKey', in: 'header' },
      token: { type: 'http', scheme: 'bearer' },
    });
  });
});

describe('a procedure that is a method', () => {
  class Order {
    @IsString()
    @Length(1, 80)
    title!: string;

    @IsInt()
    @Min(1)
    @Max(10)
    copies!: number;

    @IsIn(['paper', 'file'])
    @IsOptional()
    kind?: string;

    @MaxLength(3, { each: true })
    tags!: string[];
  }

  @Injectable()
  class Orders {
    @Procedure({ public: true })
    order(@ProcedureParams() order: Order): Order {
      return order;
    }
  }

  it('has the limits that class-validator checks', async () => {
    const options = { ...OPTIONS, ...BELOW, procedures: {} };
    const app = stopped(await TestApp.listen(await createApp(moduleOf({ providers: [Orders] }, options))));
    const { body } = await app.fetch('GET', PATH);
    const { schemas } = (body as OpenApiDocument).components;
    expect(schemas!['arguments.order']).toMatchObject({
      anyOf: [
        {
          properties: {
            title: { type: 'string', minLength: 1, maxLength: 80 },
            copies: { type: 'number', multipleOf: 1, minimum: 1, maximum: 10 },
            kind: { type: 'string', enum: ['paper', 'file'] },
            tags: {},
          },
          required: ['title', 'copies', 'tags'],
        },
        {},
      ],
    });
  });
});

const CONSOLE = {
  readings: ['callbacks', 'config', 'connections', 'nodes', 'refusals', 'rooms', 'session', 'tail', 'topics'],
  actions: ['disconnect', 'publish', 'trigger', 'unsubscribe'],
};

describe('the document has', () => {
  it('the endpoints that there are', async () => {
    const kitten = await started({ rooms: { api: { url: 'http://127.0.0.1:9/' } } });
    const document = await documentOf(kitten);
    expect(endpointsIn(document)).toEqual([
      'get /connections',
      'get /health/live',
      'get /health/ready',
      'get /kittiwake/asyncapi.json',
      ...CONSOLE.readings.map((name) => `get /kittiwake/console/api/${name}`),
      'get /kittiwake/metrics',
      'get /kittiwake/openapi.json',
      'get /kittiwake/status',
      'post /disconnect',
      ...CONSOLE.actions.map((name) => `post /kittiwake/console/api/${name}`),
      'post /publish',
      'post /revoke',
      'post /trigger',
      'post /unsubscribe',
    ]);
    expect(document.paths['/publish']!.post!.security).toEqual([{ apiKey: [] }]);
  });

  it('none of those that are off', async () => {
    const kitten = await started({
      publish: { enabled: false },
      metrics: { enabled: false },
      operators: { ...BELOW.operators, console: false },
    });
    const document = await documentOf(kitten);
    expect(endpointsIn(document)).toEqual([
      'get /health/live',
      'get /health/ready',
      'get /kittiwake/asyncapi.json',
      'get /kittiwake/openapi.json',
      'get /kittiwake/status',
    ]);
    expect(document.components.securitySchemes).not.toHaveProperty('apiKey');
  });

  it('procedures where they are called, and none where they cannot be', async () => {
    const elsewhere = await documentOf(await started({ procedures: { path: '/api/calls' } }));
    expect(proceduresIn(elsewhere, '/api/calls')).toContain('meow');
    const off = await started({ procedures: { http: { enabled: false } } });
    expect(proceduresIn(await documentOf(off))).toEqual([]);
  });

  it('no tokens where none can be verified', async () => {
    const app = stopped(
      await TestApp.listen(await createApp(moduleOf({}, { ...OPTIONS, ...BELOW, procedures: {} }))),
    );
    const { body } = await app.fetch('GET', PATH);
    expect(JSON.stringify(body)).not.toMatch(/"token"|"401":\{"\$ref":"#\/components\/responses\/Unauth/);
    expect(await problemsOf(body as object)).toBeUndefined();
  });

  it('the endpoints of a gateway without procedures', async () => {
    const app = stopped(await TestApp.listen(await createApp(moduleOf({}, { ...OPTIONS, ...BELOW }))));
    const { body } = await app.fetch('GET', PATH);
    expect(await problemsOf(body as object)).toBeUndefined();
    expect(Object.keys((body as OpenApiDocument).paths)).toContain('/publish');
    expect((body as OpenApiDocument).tags.map(({ name }) => name)).toEqual([
      'Services',
      'Operation',
      'Console',
    ]);
  });
});

describe('an app that imports Kittiwake', () => {
  @Controller()
  class OwnController {
    @Get('openapi.json')
    own(): { own: boolean } {
      return { own: true };
    }
  }

  @Injectable()
  class Wrapped implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      return next.handle().pipe(map((data) => ({ data })));
    }
  }

  const module = moduleOf(
    { controllers: [OwnController], providers: [{ provide: APP_INTERCEPTOR, useClass: Wrapped }] },
    { ...OPTIONS, ...BELOW, procedures: { http: { page: true } } },
  );
  const apps = {
    Express: () => createApp(module),
    Fastify: () =>
      NestFactory.create(module, new FastifyAdapter(), { logger: new KeptLog(), abortOnError: false }),
  };

  it.each(['Express', 'Fastify'] as const)(
    'keeps its own document, prefix and interceptors: %s',
    async (name) => {
      const made = await apps[name]();
      made.setGlobalPrefix('api/v1');
      made.useWebSocketAdapter(new KittiwakeAdapter(made));
      const app = stopped(await TestApp.listen(made));
      expect((await app.fetch('GET', '/api/v1/openapi.json')).body).toEqual({ data: { own: true } });
      expect((await fetch(app.httpUrl + PATH)).status).toBe(404);
      const { body } = await app.fetch('GET', `/api/v1${PATH}?x=${PATH}`);
      const { paths } = body as OpenApiDocument;
      expect(Object.keys(paths)).toEqual(
        expect.arrayContaining(['/rpc/ping', '/api/v1/publish', '/api/v1/health/live', `/api/v1${PATH}`]),
      );
      for (const path of ['/rpc/ping', '/api/v1/health/live'])
        expect((await fetch(app.httpUrl + path)).status).toBe(200);
      const page = await fetch(`${app.httpUrl}/api/v1/kittiwake/page`);
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<!doctype html>')]);
    },
  );
});

describe('the document', () => {
  it('is there unless it is off', async () => {
    const off = await started({ procedures: { http: { openApi: false } } });
    for (const method of ['GET', 'OPTIONS'])
      expect((await off.ask('', { path: PATH, method })).status).toBe(404);
    const page = await started({ procedures: { http: { openApi: false, page: true } } });
    expect((await page.ask('', { path: PATH })).status).toBe(200);
  });

  it('can be read by pages of origins that may connect', async () => {
    const kitten = await started({ origins: ['https://page.example'] });
    const allowed = async (origin: string, method = 'GET'): Promise<[number, string | undefined]> => {
      const asked = method === 'OPTIONS' && { 'Access-Control-Request-Method': 'GET' };
      const { status, headers } = await kitten.ask('', {
        path: PATH,
        method,
        headers: { Origin: origin, ...asked },
      });
      return [status, headerOf(headers, 'access-control-allow-origin')];
    };
    for (const method of ['GET', 'OPTIONS']) {
      expect((await allowed('https://page.example', method))[1]).toBe('https://page.example');
      expect((await allowed('https://other.example', method))[1]).toBeUndefined();
    }
    expect((await allowed('https://page.example', 'OPTIONS'))[0]).toBe(204);
  });

  it.each([
    ['/kittiwake', 'clientScript.path, /kittiwake/client.js'],
    ['/kittiwake/rpc', 'operators.path, /kittiwake'],
    ['/health', 'health.livePath, /health/live'],
  ])('cannot be hidden by procedures below %s', (path, other) => {
    const message = `procedures.path: found ${path}, expected a path apart from ${other}`;
    expect(() => loadSettings({ ...BELOW, procedures: { path } })).toThrow(message);
  });
});
