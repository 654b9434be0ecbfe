import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from './redis-server.js';
import { eventually, WaitError } from './wait.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const GATEWAY = 'dist/server/main.js';
const HOST = '127.0.0.1';
const API_KEY = 'bookshop-test-key-0123456789';
const PASSWORD = 'callback-password';
const START_TIMEOUT_MS = 15_000;
const END_TIMEOUT_MS = 10_000;

/** How a program ended. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program started by a test, with what it prints. It does not outlive the test. */
export class Program {
  private printed = '';
  private readonly ended: Promise<ProgramEnd>;

  private constructor(
    private readonly name: string,
    private readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.printed += text));
    }
    const killAtExit = (): void => void child.kill('SIGKILL');
    process.once('exit', killAtExit);
    this.ended = once(child, 'exit').then(([code, signal]) => {
      process.removeListener('exit', killAtExit);
      return { code, signal };
    });
  }

  /** A demo, on free ports. */
  static async demo(file: string): Promise<Program> {
    const ports = { PORT: `${await freePort()}`, KITTIWAKE_PORT: `${await freePort()}` };
    return Program.start(file, ports);
  }

  /** @param file of Node, relative to the root of the repository; for `env` see {@link run}. */
  static start(file: string, env: Record<string, string> = {}): Program {
    return Program.run([process.execPath, file], env);
  }

  /** @param command runs at the root of the repository; `env` is added to our own, less what configures a gateway. */
  static run([program, ...args]: readonly [string, ...string[]], env: Record<string, string> = {}): Program {
    const own = Object.entries(process.env).filter(([name]) => !/^(?:KITTIWAKE|BOOKSHOP)_/.test(name));
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...Object.fromEntries(own), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Program([program, ...args].join(' '), child);
  }

  get pid(): number {
    return this.child.pid!;
  }

  get output(): string {
    return this.printed;
  }

  /**
   * Asks until the answer is a good one.
   * @throws with all it printed when it ends before, or when the time is up.
   */
  async until<T>(what: string, ask: () => T | Promise<T>): Promise<Exclude<T, false | null | undefined>> {
    let end: ProgramEnd | undefined;
    void this.ended.then((how) => (end = how));
    const asked = await eventually(() => (end ? { end } : ask()), {
      timeoutMs: START_TIMEOUT_MS,
      what,
    }).catch((cause) => Promise.reject(this.failure(`${what} did not come`, cause)));
    if (end) throw this.failure(`ended with ${end.signal ?? end.code} before ${what} came`);
    return asked as Exclude<T, false | null | undefined>;
  }

  /** Asks it to end, and waits for it; one that has ended is left alone. @throws when it takes too long. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<ProgramEnd> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.failure(`has not ended after ${signal}`)), END_TIMEOUT_MS);
    });
    this.child.kill(signal);
    try {
      return await Promise.race([this.ended, tooLate]);
    } finally {
      clearTimeout(timer);
      this.child.kill('SIGKILL');
    }
  }

  private failure(what: string, cause?: unknown): Error {
    return new WaitError(`${this.name}: ${what}. It printed:\n${this.printed}`, { cause });
  }
}

/** The bookshop of the examples with the built gateway, each a process of its own on a free port. */
export class Bookshop {
  private constructor(
    private readonly gatewayPort: number,
    private readonly appPort: number,
  ) {}

  private gateway: Program | undefined;
  private app: Program | undefined;

  static async start(): Promise<Bookshop> {
    ensureBuilt();
    const shop = new Bookshop(await freePort(), await freePort());
    try {
      await Promise.all([shop.startGateway(), shop.startApp()]);
    } catch (error) {
      await shop.stop();
      throw error;
    }
    return shop;
  }

  /** Where the page is. */
  get url(): string {
    return `http://${HOST}:${this.appPort}`;
  }

  /** Starts the gateway, on the port it had before. */
  async startGateway(): Promise<void> {
    this.gateway = Program.start(GATEWAY, {
      KITTIWAKE_CONFIG: 'examples/bookshop/kittiwake.yaml',
      KITTIWAKE_HOST: HOST,
      KITTIWAKE_PORT: String(this.gatewayPort),
      KITTIWAKE_OPERATORS_PORT: '0',
      KITTIWAKE_LOG_LEVEL: 'warn',
      KITTIWAKE_SHUTDOWN_SPREAD: '0s',
      BOOKSHOP_API_KEY: API_KEY,
      BOOKSHOP_URL: `http://kittiwake:${PASSWORD}@${HOST}:${this.appPort}`,
      BOOKSHOP_ORIGIN: this.url,
    });
    await this.gateway.until('a ready gateway', () => isOk(`${this.gatewayUrl}/health/ready`));
  }

  /** Ends the gateway as an operator would. */
  async stopGateway(): Promise<void> {
    await this.gateway?.end();
    this.gateway = undefined;
  }

  /** Changes a book over HTTP, as with curl from a terminal. */
  async put(id: string, changes: Record<string, unknown>): Promise<void> {
    const response = await fetch(`${this.url}/api/books/${id}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(changes),
    });
    if (!response.ok) throw new Error(`the book was not changed: ${await response.text()}`);
  }

  /** The gateway first: it tells the app that its clients have gone. */
  async stop(): Promise<void> {
    await this.stopGateway();
    await this.app?.end();
  }

  private get gatewayUrl(): string {
    return `http://${HOST}:${this.gatewayPort}`;
  }

  private async startApp(): Promise<void> {
    this.app = Program.start('examples/bookshop/app.mjs', {
      HOST,
      PORT: String(this.appPort),
      GATEWAY_URL: this.gatewayUrl,
      GATEWAY_WS_URL: `ws://${HOST}:${this.gatewayPort}/ws`,
      GATEWAY_API_KEY: API_KEY,
      BOOKSHOP_CALLBACK_PASSWORD: PASSWORD,
      BOOKSHOP_ORIGIN: this.url,
    });
    await this.app.until('an open bookshop', () => isOk(`${this.url}/health`));
  }
}

/** Builds the gateway unless it is there. */
export function ensureBuilt(): void {
  if (existsSync(`${ROOT}/${GATEWAY}`)) return;
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'build'], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm run build failed:\n${stdout}${stderr}`);
}

async function isOk(url: string): Promise<boolean> {
  return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;
}
