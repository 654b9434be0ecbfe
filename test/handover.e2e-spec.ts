import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request, type RequestOptions } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { KITTIWAKE_V1 } from '../src/protocol/sub-protocol.js';
import { stoppedAfterAll, stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { API_KEY } from './support/gateway.js';
import { RawHttp } from './support/raw-http.js';
import { freePort } from './support/redis-server.js';
import { BUILD_TIMEOUT_MS, ensureBuilt, ServerProcess } from './support/server-process.js';
import { StreamClient } from './support/stream-client.js';
import { StubApp } from './support/stub-app.js';
import { deferred, eventually } from './support/wait.js';

const HANDOVER_TIMEOUT_MS = 20_000;
const TEST_TIMEOUT_MS = 60_000;
const PACE_MS = 4;
const SECRET = 'SECRET-OF-KITTENS';
const RECONNECT = { code: 1012, reason: 'Please reconnect.' };

beforeAll(ensureBuilt, BUILD_TIMEOUT_MS);

const stopped = stoppedAfterEach();
const stoppedInTheEnd = stoppedAfterAll();

/** What a configuration has besides what each has. */
type Configuration = Readonly<Record<string, unknown>> & { readonly procedures?: object };

/** A gateway that is replaced while it runs, with its state in a folder of its own. */
class Replaced {
  private server!: ServerProcess;

  private constructor(
    readonly folder: string,
    readonly port: number,
  ) {}

  static async start(configuration: Configuration = {}, stopping = stopped): Promise<Replaced> {
    const folder = await mkdtemp(join(tmpdir(), 'kittiwake-handover-'));
    const replaced = stopping(new Replaced(folder, await freePort()));
    await replaced.configure(configuration);
    replaced.server = await ServerProcess.start({
      // The port for operators is in the file, which changes.
      env: {
        KITTIWAKE_CONFIG: replaced.file('yaml'),
        KITTIWAKE_PORT: `${replaced.port}`,
        KITTIWAKE_OPERATORS_PORT: '',
      },
      isReady: () => replaced.pid > 0 && replaced.isListening(),
    });
    return replaced;
  }

  file(extension: string): string {
    return join(this.folder, `Kitty.${extension}`);
  }

  /** Writes the file of the configuration; whoever runs goes on with what it has read. */
  async configure({ procedures, ...rest }: Configuration = {}): Promise<void> {
    const local = { stateDir: this.folder, worker: 'Kitty', port: 0 };
    const all = {
      services: {
        books: { requireAuthentication: false },
        kept: { requireAuthentication: false, history: { size: 10_000 } },
      },
      publish: { apiKeys: [API_KEY] },
      shutdown: { spread: '100ms' },
      operators: { port: 0 },
      procedures: { secret: SECRET, local, ...procedures },
      ...rest,
    };
    await writeFile(this.file('yaml'), JSON.stringify(all));
  }

  /** The process that is to be found now. */
  get pid(): number {
    return Number(readFileSync(this.file('pid'), 'utf8'));
  }

  get first(): ServerProcess {
    return this.server;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  async localUrl(): Promise<URL> {
    return new URL(await readFile(this.file('url'), 'utf8'));
  }

  /**
   * Resolves when another process serves, and the one before has ended.
   * @param meanwhile is done when the other one serves.
   * @returns its process id.
   */
  async replace(meanwhile: () => void = () => undefined): Promise<number> {
    const { pid } = this;
    process.kill(pid, 'SIGUSR2');
    const waiting = { timeoutMs: HANDOVER_TIMEOUT_MS, what: 'another process' };
    try {
      await eventually(() => this.pid !== pid, waiting);
      meanwhile();
      await eventually(() => !isRunning(pid), { ...waiting, what: 'the end of the process before' });
    } catch (cause) {
      throw new Error(`nothing took over. It printed:\n${this.server.output}`, { cause });
    }
    return this.pid;
  }

  /** Leaves no connection behind: one on which no TLS begins keeps a process until its handshake is too late. */
  private async isListening(): Promise<boolean> {
    const socket = connect(this.port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return true;
    } finally {
      socket.destroy();
    }
  }

  async stop(): Promise<void> {
    const [pid] = (await readdir(this.folder)).includes('Kitty.pid') ? [this.pid] : [];
    if (pid !== undefined && isRunning(pid)) process.kill(pid, 'SIGKILL');
    await this.server?.stop();
    await rm(this.folder, { recursive: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function ask(options: RequestOptions, body?: string): Promise<[number | undefined, string]> {
  const asked = request({ host: '127.0.0.1', method: body === undefined ? 'GET' : 'POST', ...options });
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return [response.statusCode, await text(response)];
}

function publish(
  port: number,
  agent: Agent | false,
  key = API_KEY,
  { subscription = 'books.1', data = 1 } = {},
): Promise<[number | undefined, string]> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` };
  const publication = JSON.stringify({ subscription, data });
  return ask({ port, path: '/publish', headers, agent }, publication);
}

/** Does something again and again until it is told to stop, and leaves most of the processor to what is replaced. */
class Hammer {
  done = 0;
  readonly failures: unknown[] = [];
  private isStopped = false;
  private readonly ended: Promise<void>;

  constructor(private readonly strike: () => Promise<unknown>) {
    this.ended = this.run();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.ended;
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      await this.strike().catch((error: unknown) => this.failures.push(error));
      this.done++;
      await delay(PACE_MS);
    }
  }
}

/** A client that comes back with its position whenever it is closed. */
class Follower {
  readonly received: unknown[] = [];
  /** Whether it got what it had missed, each time that it came back. */
  readonly recovered: unknown[] = [];
  private client!: TestClient;
  private position: unknown;
  private isStopped = false;

  constructor(private readonly url: string) {}

  async subscribe(): Promise<void> {
    this.client = await TestClient.connect(this.url, [KITTIWAKE_V1]);
    const more = this.position === undefined ? { recover: true } : { position: this.position };
    const reply = await this.client.ask({ event: 'subscribe', subscription: 'kept.1', ...more });
    if (this.position !== undefined) this.recovered.push(reply.recovered);
    else this.position = reply.position;
  }

  /** @param last the data after which it is done. */
  async follow(last: unknown): Promise<void> {
    while (!this.isStopped && this.received.at(-1) !== last) {
      try {
        const { data, position } = await this.client.next();
        this.received.push(data);
        this.position = position;
      } catch (error) {
        if (this.client.closed?.code !== RECONNECT.code) throw error;
        await this.subscribe();
      }
    }
  }

  stop(): void {
    this.isStopped = true;
    this.client.drop();
  }
}

describe('a gateway that is replaced on SIGUSR2', () => {
  it(
    'hands over its histories, so that nobody loses a publication or has to load a state',
    async () => {
      const gateway = await Replaced.start();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      stopped({ stop: () => agent.destroy() });
      const follower = stopped(new Follower(gateway.url));
      await follower.subscribe();
      const published: number[] = [];
      const publishNext = async (): Promise<void> => {
        const data = published.push(published.length);
        const way = data % 2 === 0 ? agent : false;
        const [status, body] = await publish(gateway.port, way, API_KEY, { subscription: 'kept.1', data });
        if (status !== 200) throw new Error(`${status}: ${body}`);
      };
      const hammer = stopped(new Hammer(publishNext));
      const following = follower.follow(-1);
      await gateway.replace();
      await gateway.replace();
      await hammer.stop();
      await publish(gateway.port, false, API_KEY, { subscription: 'kept.1', data: -1 });
      await following;
      expect(hammer.failures).toEqual([]);
      expect(follower.received).toEqual([...published.map((_, i) => i + 1), -1]);
      expect(follower.recovered.length).toBeGreaterThan(1);
      expect(new Set(follower.recovered)).toEqual(new Set([true]));
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'refuses nobody, over whatever they come, twice in a row',
    async () => {
      const gateway = await Replaced.start();
      const { port } = gateway;
      const { port: localPort } = await gateway.localUrl();
      const keepAlive = new Agent({ keepAlive: true, maxSockets: 1 });
      stopped({ stop: () => keepAlive.destroy() });
      const expectOk = async ([status, body]: [number | undefined, string]): Promise<void> => {
        if (status !== 200) throw new Error(`${status}: ${body}`);
      };
      const calls = async (address: { port: number } | { path: string }): Promise<void> => {
        const client = await RawHttp.connect({ host: '127.0.0.1', ...address });
        const answer = await client.send(`GET /${SECRET}/ping HTTP/1.1\n\n`).answer();
        client.stop();
        await expectOk([answer.status, '']);
      };
      const strikes = {
        'new connections': async () => expectOk(await publish(port, false)),
        'kept connections': async () => expectOk(await publish(port, keepAlive)),
        WebSockets: async () => {
          const client = await TestClient.connect(gateway.url, [KITTIWAKE_V1]);
          await client.ask({ event: 'ping', data: 1 }).catch((error: unknown) => {
            // It may be told to come back at any time, and does.
            if (client.closed?.code !== RECONNECT.code) throw error;
          });
          client.drop();
        },
        'the local port': () => calls({ port: Number(localPort) }),
        'the Unix socket': () => calls({ path: gateway.file('sock') }),
      };
      const hammers = Object.entries(strikes).map(
        ([name, strike]) => [name, stopped(new Hammer(strike))] as const,
      );
      const second = await gateway.replace();
      const third = await gateway.replace();
      for (const [, hammer] of hammers) await hammer.stop();
      expect(Object.fromEntries(hammers.map(([name, { failures }]) => [name, failures]))).toEqual(
        Object.fromEntries(hammers.map(([name]) => [name, []])),
      );
      for (const [, hammer] of hammers) expect(hammer.done).toBeGreaterThan(10);
      expect(new Set([gateway.first.pid, second, third]).size).toBe(3);
      expect(gateway.first.exitCode).toBe(0);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'goes on where the new process cannot start, and says why',
    async () => {
      const gateway = await Replaced.start();
      const { pid } = gateway;
      await gateway.configure({ ping: { interval: 'soon' } });
      process.kill(pid, 'SIGUSR2');
      const { first } = gateway;
      await eventually(() => first.output.includes('the new process ended with 1; this process goes on'), {
        timeoutMs: HANDOVER_TIMEOUT_MS,
      });
      expect(first.output).toContain('ping.interval: found "soon"');
      expect(gateway.pid).toBe(pid);
      expect((await publish(gateway.port, false))[0]).toBe(200);
      expect((await ask({ socketPath: gateway.file('sock'), path: '/ping', agent: false }))[1]).toBe(
        'Pong\n',
      );
      await gateway.configure();
      await gateway.replace();
      expect((await publish(gateway.port, false))[0]).toBe(200);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'hands over a port with TLS',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'kittiwake-handover-'));
      stopped({ stop: () => rm(folder, { recursive: true }) });
      const [certFile, keyFile] = ['crt', 'key'].map((name) => join(folder, name));
      const key = [
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-keyout',
        keyFile!,
      ];
      const subject = ['-subj', '/CN=kittiwake', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1'];
      execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-out', certFile!], { stdio: 'pipe' });
      const gateway = await Replaced.start({ server: { tls: { certFile, keyFile } } });
      const strike = async (): Promise<void> => {
        const options = {
          host: '127.0.0.1',
          port: gateway.port,
          path: '/health/live',
          agent: false,
        } as const;
        const asked = requestTls({ ...options, ca: readFileSync(certFile!) }).end();
        const [response] = (await once(asked, 'response')) as [IncomingMessage];
        response.resume();
        expect(response.statusCode).toBe(200);
      };
      const hammer = stopped(new Hammer(strike));
      await gateway.replace();
      await hammer.stop();
      expect(hammer.failures).toEqual([]);
      expect(hammer.done).toBeGreaterThan(10);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'ends with the process that it was to replace, when that ends before',
    async () => {
      const gateway = await Replaced.start();
      const { pid } = gateway;
      process.kill(pid, 'SIGUSR2');
      await eventually(() => gateway.first.output.includes('starting a new process'));
      process.kill(pid, 'SIGTERM');
      await gateway.first.untilEnded(); // no process has its output open any more
      expect(await readdir(gateway.folder)).toEqual(['Kitty.yaml']);
      await expect(publish(gateway.port, false)).rejects.toThrow('ECONNREFUSED');
    },
    TEST_TIMEOUT_MS,
  );
});

describe('a gateway that is replaced once, with another configuration', () => {
  /** A service that hears of ends, and processes that look often for others that are lost. */
  const telling = () => ({
    services: {
      books: { requireAuthentication: false },
      ending: { requireAuthentication: false, onUnsubscribe: `${app.url}/gone` },
    },
    ledger: { lease: '1s', beat: '50ms' },
  });
  const OTHER_KEY = 'another-key-of-this-gateway';
  let gateway: Replaced;
  let clients: Record<'extended' | 'plain', TestClient>;
  let streamed: StreamClient;
  let answers: [number | undefined, string][];
  let secret: string;
  let operatorsPorts: { readonly before: number; readonly after: number };
  let app: StubApp;

  beforeAll(async () => {
    app = stoppedInTheEnd(await StubApp.start());
    const { promise: after, resolve: answer } = deferred();
    for (let i = 0; i < 2; i++) app.answer('/slow', { body: 7, after });
    const procedures = { secret: null, remote: { slow: { url: `${app.url}/slow`, public: true } } };
    operatorsPorts = { before: await freePort(), after: await freePort() };
    gateway = await Replaced.start(
      { procedures, operators: { port: operatorsPorts.before }, ...telling() },
      stoppedInTheEnd,
    );
    secret = (await gateway.localUrl()).pathname;
    clients = {
      extended: await TestClient.connect(gateway.url, [KITTIWAKE_V1]),
      plain: await TestClient.connect(gateway.url),
    };
    streamed = await StreamClient.connect(`http://127.0.0.1:${gateway.port}/ws/stream`);
    await clients.extended.ask({ event: 'subscribe', subscription: 'books.1' });
    await clients.extended.ask({ event: 'subscribe', subscription: 'ending.1' });
    const asked = [
      ask({ port: gateway.port, path: '/rpc/slow', agent: false }, ''),
      ask({ socketPath: gateway.file('sock'), path: '/slow', agent: false }, ''),
    ];
    await eventually(() => app.paths.filter((path) => path === '/slow').length === 2);
    await gateway.configure({
      procedures,
      publish: { apiKeys: [OTHER_KEY] },
      operators: { port: operatorsPorts.after },
      ...telling(),
    });
    await gateway.replace(answer);
    answers = await Promise.all(asked);
  }, TEST_TIMEOUT_MS);

  it('tells its clients to reconnect, and they come back to the new process', async () => {
    expect(await clients.extended.untilClosed()).toEqual(RECONNECT);
    expect(await clients.plain.untilClosed()).toEqual({ code: 1000, reason: '' });
    expect(await streamed.untilClosed()).toEqual(RECONNECT);
    expect((await streamed.post(0, '')).status).toBe(404); // at the new process
    const back = await TestClient.connect(gateway.url, [KITTIWAKE_V1]);
    stopped({ stop: () => back.drop() });
    await back.ask({ event: 'subscribe', subscription: 'books.1' });
    expect(await publish(gateway.port, false, OTHER_KEY)).toEqual([200, expect.any(String)]);
    expect(await back.next()).toMatchObject({ event: 'message', subscription: 'books.1', data: 1 });
  });

  it('tells the app of their ends itself, and is not taken for lost meanwhile', () => {
    const told = app.asked.filter(({ path }) => path === '/gone');
    expect(told.map(({ headers }) => headers['kittiwake-reason'])).toEqual(['closed']);
  });

  it('answers the calls that it has', async () => {
    expect(answers).toEqual([
      [200, '7\n'],
      [200, '7\n'],
    ]);
    await eventually(() => gateway.first.exitCode === 0);
  });

  it('keeps a secret that was made at random, and takes all else from the configuration as it is now', async () => {
    expect((await gateway.localUrl()).pathname).toBe(secret);
    expect((await publish(gateway.port, false))[0]).toBe(401);
    expect((await publish(gateway.port, false, OTHER_KEY))[0]).toBe(200);
    expect((await ask({ port: operatorsPorts.after, path: '/metrics', agent: false }))[0]).toBe(200);
  });

  it('leaves a port that the configuration does not have any more', async () => {
    const connection = connect(operatorsPorts.before, '127.0.0.1');
    await expect(once(connection, 'connect')).rejects.toThrow('ECONNREFUSED');
  });

  it('keeps its socket: another gateway ends with 1 and says in one line whose it is', async () => {
    const local = { stateDir: gateway.folder, worker: 'Kitty' };
    const end = await ServerProcess.run({ config: { procedures: { local } } });
    const stderr = `Kittiwake cannot start: ${gateway.file('sock')} is the socket of another process that runs\n`;
    expect(end).toMatchObject({ code: 1, stderr });
    expect((await ask({ socketPath: gateway.file('sock'), path: '/ping', agent: false }))[1]).toBe('Pong\n');
  });
});

describe('a gateway that cannot have its place for local programs', () => {
  it('ends with 1 and says in one line which port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    stopped({ stop: () => other.close() });
    const { port } = other.address() as { port: number };
    const end = await ServerProcess.run({ config: { procedures: { local: { port } } } });
    const stderr = `Kittiwake cannot start: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`;
    expect(end).toMatchObject({ code: 1, stderr });
  });
});
