import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KittiwakeOptions } from '../../src/config/options.js';
import { KittiwakeAdapter, type ProcedureCall } from '../../src/index.js';
import type { CallableProcedure } from '../../src/procedures/procedure.js';
import { Procedures } from '../../src/procedures/procedures.js';
import { TestGateway } from './gateway.js';
import { proceduresOf } from './kitten-procedures.js';
import { createApp, KeptLog, moduleOf, TestApp } from './nest-app.js';
import { type RawAnswer, RawHttp, type RawRequest } from './raw-http.js';

export const KITTEN_SECRET = 'a-secret-of-services';
export const TOKEN_KEY = 'a-key-for-tokens-that-nobody-guesses';

/** Where calls come in. */
export type FrontName = 'the gateway' | 'an Express app' | 'a Fastify app' | 'its own port' | 'a Unix socket';
export const MAIN_FRONTS: readonly FrontName[] = ['the gateway', 'an Express app', 'a Fastify app'];
export const ALL_FRONTS: readonly FrontName[] = [...MAIN_FRONTS, 'its own port', 'a Unix socket'];

export interface KittenRequest extends Partial<RawRequest> {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Whether the service secret is in the path. Default: true. */
  readonly isService?: boolean;
}

interface Running {
  readonly app: INestApplication;
  readonly address: NetConnectOpts;
  stop(): Promise<void>;
}

/** A gateway with procedures for everything that can come of a call over HTTP, and clients of it. */
export class Kitten {
  /** Calls that have begun and whose signal has not been aborted. */
  readonly live = new Set<ProcedureCall>();
  private running!: Running;
  private readonly clients: RawHttp[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'kittiwake-kitten-'));

  constructor(private readonly front: FrontName) {}

  /** What paths begin with. */
  get prefix(): string {
    return MAIN_FRONTS.includes(this.front) ? '/rpc' : '';
  }

  /** Of a front that has one. */
  get port(): number {
    const { address } = this.running;
    if ('port' in address) return address.port;
    throw new Error('it has no port');
  }

  get app(): INestApplication {
    return this.running.app;
  }

  async start({ procedures, ...options }: KittiwakeOptions = {}): Promise<void> {
    const { http, local, ...others } = (procedures ?? {}) as Record<string, object>;
    this.running = await startFront(this.front, this.folder, {
      auth: { jwt: { algorithms: ['HS256'], secret: TOKEN_KEY, fields: { user_id: 'sub' } } },
      shutdown: { spread: '0s' },
      ...options,
      procedures: {
        secret: KITTEN_SECRET,
        http: { tracebacks: true, ...http },
        local: { worker: 'Kitty', app: 'test', ...local },
        ...others,
      },
    });
    for (const procedure of proceduresOf(this.live)) this.add(procedure);
  }

  async stop(): Promise<void> {
    for (const client of this.clients.splice(0)) client.stop();
    await this.running.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  add(procedure: CallableProcedure): void {
    this.app.get(Procedures, { strict: false }).add(procedure);
  }

  async connect(): Promise<RawHttp> {
    const client = await RawHttp.connect(this.running.address);
    this.clients.push(client);
    return client;
  }

  /** Sends a call on a connection of its own. */
  async send(name: string, request: KittenRequest = {}): Promise<RawHttp> {
    return (await this.connect()).request(this.requestOf(name, request));
  }

  /** Calls, and waits for the whole answer. */
  async ask(name: string, request: KittenRequest = {}): Promise<RawAnswer> {
    const client = await this.send(name, request);
    const answer = await client.answer();
    client.stop();
    return answer;
  }

  /** Calls with JSON. @returns the status and the JSON of the answer. */
  async json(name: string, json?: unknown, request: KittenRequest = {}): Promise<[number, unknown]> {
    const { status, body } = await this.ask(name, { ...request, ...(json !== undefined && { json }) });
    return [status, JSON.parse(body.toString())];
  }

  requestOf(name: string, { json, isService = true, headers, ...request }: KittenRequest): RawRequest {
    return {
      path: `${this.prefix}/${isService ? `${KITTEN_SECRET}/` : ''}${name}`,
      lineEnd: this.prefix === '' ? '\n' : '\r\n',
      headers: { ...(json !== undefined && { 'Content-Type': 'application/json' }), ...headers },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...request,
    };
  }
}

/** A kitten that the tests of a block share. */
export function sharedKitten(front: FrontName, options?: KittiwakeOptions): Kitten {
  const kitten = new Kitten(front);
  beforeAll(() => kitten.start(options));
  afterAll(() => kitten.stop());
  return kitten;
}

async function startFront(front: FrontName, folder: string, options: KittiwakeOptions): Promise<Running> {
  switch (front) {
    case 'the gateway':
      return ofGateway(await TestGateway.start(options), (gateway) => ({ port: gateway.port }));
    case 'an Express app':
      return ofApp(await createApp(moduleOf({}, options)));
    case 'a Fastify app':
      return ofApp(await fastifyApp(options));
    case 'its own port':
      return ofLocal(options, folder, { port: 0, stateDir: folder, socket: false });
    default:
      return ofLocal(options, folder, { stateDir: folder });
  }
}

async function ofLocal(options: KittiwakeOptions, folder: string, local: object): Promise<Running> {
  const { local: others, ...procedures } = options.procedures as Record<string, object>;
  const gateway = await TestGateway.start({
    ...options,
    procedures: { ...procedures, local: { ...others, ...local } },
  });
  return ofGateway(gateway, () =>
    'port' in local ? { port: localPort(folder) } : { path: join(folder, 'Kitty.sock') },
  );
}

function localPort(folder: string): number {
  return Number(new URL(readFileSync(join(folder, 'Kitty.url'), 'utf8')).port);
}

function ofGateway(gateway: TestGateway, address: (gateway: TestGateway) => NetConnectOpts): Running {
  return {
    app: gateway.app,
    address: { host: '127.0.0.1', ...address(gateway) },
    stop: () => gateway.stop(),
  };
}

async function ofApp(app: INestApplication): Promise<Running> {
  const { port } = await TestApp.listen(app);
  return { app, address: { host: '127.0.0.1', port }, stop: () => app.close() };
}

async function fastifyApp(options: KittiwakeOptions): Promise<INestApplication> {
  const app = await NestFactory.create(moduleOf({}, options), new FastifyAdapter(), {
    logger: new KeptLog(),
    abortOnError: false,
  });
  app.useWebSocketAdapter(new KittiwakeAdapter(app));
  return app;
}
