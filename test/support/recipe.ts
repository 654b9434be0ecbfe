import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '../../src/config/loading/environment.js';
import type { KittiwakeOptions } from '../../src/config/options.js';
import { Program } from './bookshop.js';
import { TestClient } from './client.js';
import { API_KEY, TestGateway } from './gateway.js';
import { codeBlocksOf } from './markdown.js';
import { freePort } from './redis-server.js';
import { TcpProxy } from './tcp-proxy.js';

const CALLBACK_PASSWORD = 'recipe-callback-password';
const SECRETS = { API_KEY, CALLBACK_PASSWORD };
const V1 = 'kittiwake.v1.json';
/** Commands of a README that the tests have no need of. */
const ALREADY_DONE = new Set(['. ./.env', 'npm ci']);

/** The shop of the examples as one recipe has it, in a folder of its own, with a gateway in this process. */
export class Recipe {
  private programs: readonly Program[] = [];

  private constructor(
    private readonly name: string,
    /** As examples/orders/kittiwake.yaml has it. */
    readonly options: KittiwakeOptions,
    readonly gateway: TestGateway,
    /** Between the shop and the gateway. */
    private readonly way: TcpProxy,
    private readonly port: number,
    private readonly folder: string,
  ) {}

  /** @param name the folder of examples, whose README says how it is started. */
  static async start(name: string): Promise<Recipe> {
    const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'kittiwake-recipe-'))];
    const options = configuration({ ...SECRETS, APP: `127.0.0.1:${port}` });
    const gateway = await TestGateway.start(options);
    const recipe = new Recipe(name, options, gateway, await TcpProxy.start(gateway.port), port, folder);
    await writeFile(join(folder, 'sessions.ini'), `session.save_path=${folder}\n`);
    try {
      await recipe.startApp();
    } catch (error) {
      await recipe.stop();
      throw error;
    }
    return recipe;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Ends the shop, and starts it again with what it has kept. */
  async restartApp(): Promise<void> {
    await this.endApp();
    await this.startApp();
  }

  /** What the first commands of the README do is done; of the others each is a program, the last one the shop. */
  private async startApp(): Promise<void> {
    const [commands] = codeBlocksOf(await readFile(`examples/${this.name}/README.md`, 'utf8'), 'sh');
    const lines = commands!
      .trim()
      .split('\n')
      .filter((line) => !ALREADY_DONE.has(line));
    const isProgram = (line: string, index: number): boolean =>
      line.endsWith(' &') || index === lines.length - 1;
    for (const line of lines.filter((one, index) => !isProgram(one, index)))
      execFileSync('sh', ['-c', line], { env: { ...process.env, ...this.env } });
    this.programs = lines.filter(isProgram).map((line) => {
      const command = line.replace(/ &$/, '').replace('8000', `${this.port}`);
      return Program.run(['sh', '-c', `exec ${command}`], this.env);
    });
    await this.programs.at(-1)!.until('the page', async () => (await fetch(this.url)).ok);
  }

  private get env(): Record<string, string> {
    return {
      ...SECRETS,
      PORT: `${this.port}`,
      GATEWAY_URL: `http://127.0.0.1:${this.way.port}`,
      DATABASE: join(this.folder, 'orders'),
      PHP_INI_SCAN_DIR: `:${this.folder}`, // after its own
      PYTHONDONTWRITEBYTECODE: '1',
    };
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
    await this.endApp();
    await this.way.stop();
    await rm(this.folder, { recursive: true });
  }

  private async endApp(): Promise<void> {
    for (const program of this.programs) await program.end();
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
