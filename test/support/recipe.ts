import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '../../src/config/loading/environment.js';
import type { KittiwakeOptions } from '../../src/config/options.js';
import { Program } from './bookshop.js';
import { TestClient } from './client.js';
import { API_KEY, TestGateway } from './gateway.js';
import { freePort } from './redis-server.js';
import { TcpProxy } from './tcp-proxy.js';

const CALLBACK_PASSWORD = 'recipe-callback-password';
const V1 = 'kittiwake.v1.json';

/** The programs that a recipe of the examples is; see examples/orders. */
export type Commands = readonly (readonly [string, ...string[]])[];

/** The shop of the examples as one recipe has it, in a folder of its own, with a gateway in this process. */
export class Recipe {
  private constructor(
    /** As examples/orders/kittiwake.yaml has it. */
    readonly options: KittiwakeOptions,
    readonly gateway: TestGateway,
    /** Between the shop and the gateway. */
    private readonly way: TcpProxy,
    readonly url: string,
    private readonly programs: readonly Program[],
    private readonly folder: string,
  ) {}

  static async start(commands: Commands): Promise<Recipe> {
    const [appPort, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'kittiwake-recipe-'))];
    const secrets = { API_KEY, CALLBACK_PASSWORD };
    const options = configuration({ ...secrets, APP: `127.0.0.1:${appPort}` });
    const gateway = await TestGateway.start(options);
    const way = await TcpProxy.start(gateway.port);
    const env = {
      ...secrets,
      PORT: `${appPort}`,
      GATEWAY_URL: `http://127.0.0.1:${way.port}`,
      DATABASE: join(folder, 'orders'),
      TMPDIR: folder,
      PYTHONDONTWRITEBYTECODE: '1',
    };
    const programs = commands.map((command) => Program.run(command, env));
    const recipe = new Recipe(options, gateway, way, `http://127.0.0.1:${appPort}`, programs, folder);
    try {
      await programs[0]!.until('the page', async () => (await fetch(recipe.url)).ok);
    } catch (error) {
      await recipe.stop();
      throw error;
    }
    return recipe;
  }

  /** What the shop sends the gateway gets nowhere until {@link found}. */
  async lose(): Promise<void> {
    this.way.turnTo(await freePort());
  }

  found(): void {
    this.way.turnTo(this.gateway.port);
  }

  /** Asks as Kittiwake does, with whatever password. */
  callback(path: string, body: unknown, password = CALLBACK_PASSWORD): Promise<Response> {
    const authorization = `Basic ${Buffer.from(`kittiwake:${password}`).toString('base64')}`;
    const headers = { 'content-type': 'application/json', authorization };
    return fetch(`${this.url}/kittiwake/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  /** Somebody's browser that is logged in. */
  async visitor(name: string): Promise<Visitor> {
    const visitor = new Visitor(this);
    await visitor.ask('GET', '/');
    const { status } = await visitor.ask('POST', '/login', { name, password: 'demo' });
    expect(status).toBe(200);
    return visitor;
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    for (const program of this.programs) await program.end();
    await this.way.stop();
    await rm(this.folder, { recursive: true });
  }
}

/** What a browser keeps: cookies, and the CSRF token that its page says again. */
export class Visitor {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly recipe: Recipe) {}

  async ask(method: string, path: string, body?: unknown): Promise<{ status: number; answer: unknown }> {
    const response = await fetch(this.recipe.url + path, {
      method,
      headers: {
        'content-type': 'application/json',
        cookie: this.cookie,
        'x-csrftoken': this.cookies.get('csrftoken') ?? '',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return { status: response.status, answer: isJson ? await response.json() : await response.text() };
  }

  /** Loses the token, as a page of another site that never had it. */
  forgetToken(): void {
    this.cookies.delete('csrftoken');
  }

  async ticket(): Promise<unknown> {
    const { answer } = await this.ask('POST', '/ticket', {});
    return (answer as { ticket: unknown }).ticket;
  }

  /** A connection of the visitor's page that has not authenticated. */
  connect(): Promise<TestClient> {
    const headers = { cookie: this.cookie, origin: this.recipe.url };
    return TestClient.connect(this.recipe.gateway.url, [V1], { headers });
  }

  /** A connection that has shown a ticket. */
  async authenticated(): Promise<TestClient> {
    const client = await this.connect();
    expect(await client.ask({ event: 'auth', ticket: await this.ticket() })).toMatchObject({ status: 'ok' });
    return client;
  }

  private get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}

function configuration(env: Record<string, string>): KittiwakeOptions {
  return readEnvironment({
    ...env,
    KITTIWAKE_CONFIG: 'examples/orders/kittiwake.yaml',
  }) as KittiwakeOptions;
}
