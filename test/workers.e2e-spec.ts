import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TestClient } from './support/client.js';
import { stoppedAfterAll, stoppedAfterEach } from './support/cleanup.js';
import { freePort } from './support/redis-server.js';
import { BUILD_TIMEOUT_MS, ensureBuilt, ServerProcess } from './support/server-process.js';
import { StubApp } from './support/stub-app.js';
import { signToken } from './support/tokens.js';
import { eventually } from './support/wait.js';

const API_KEY = 'workers-key-of-sixteen-or-more';
const TOKEN_KEY = 'the-key-of-tokens-that-nobody-guesses';
const CONFIG = {
  publish: { apiKeys: [API_KEY] },
  auth: { jwt: { algorithms: ['HS256'], secret: TOKEN_KEY } },
  services: {
    books: { requireAuthentication: false },
    kept: { requireAuthentication: false, history: { size: 100 } },
  },
  server: { workerTimeout: '5s' },
  shutdown: { spread: '0s' },
  log: { format: 'json' },
  metrics: { maxAge: '0s' },
};

const START_TIMEOUT_MS = 30_000;
/** What asks again and again leaves most of the processor to the workers that start. */
const PACE_MS = 4;

const stopped = stoppedAfterEach();
const stoppedInTheEnd = stoppedAfterAll();

/** Worker processes of a gateway. */
function workersOf(server: ServerProcess): number[] {
  const text = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

function publish(
  server: ServerProcess,
  data: unknown,
  subscription = 'books.1',
  headers = {},
): Promise<Response> {
  return fetch(`${server.httpUrl}/publish`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, connection: 'close', ...headers },
    body: JSON.stringify({ subscription, data }),
  });
}

/** One that the killed worker was to take is tried again. */
function isPublished(...args: Parameters<typeof publish>): Promise<boolean> {
  return publish(...args).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function subscriber(server: ServerProcess): Promise<TestClient> {
  const client = await TestClient.connect(server.url, ['kittiwake.v1.json']);
  stopped({ stop: () => client.drop() });
  expect(await client.ask({ event: 'subscribe', subscription: 'books.1' })).toMatchObject({ status: 'ok' });
  return client;
}

function subscribers(server: ServerProcess, count: number): Promise<TestClient[]> {
  return Promise.all(Array.from({ length: count }, () => subscriber(server)));
}

/** A request on a connection of its own. */
class Asking {
  isAnswered = false;
  isClosed = false;
  private readonly socket: Socket;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
    this.socket.on('data', () => (this.isAnswered = true)).on('error', () => undefined);
    this.socket.on('close', () => (this.isClosed = true));
  }

  stop(): void {
    this.socket.destroy();
  }
}

/** Whether somebody takes connections there. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => socket.destroy()).on('error', () => resolve(false));
    socket.on('close', (isFailed) => resolve(!isFailed));
  });
}

function socketsOf(pid: number): number {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return ''; // closed meanwhile
    }
  });
  return links.filter((link) => link.startsWith('socket:')).length;
}

interface Status {
  readonly state: string;
  readonly processes: readonly { readonly pid: number; readonly worker: number }[];
}

async function statusOf(server: ServerProcess): Promise<Status> {
  const response = await fetch(`${server.operatorsUrl}/status`, { headers: { Connection: 'close' } });
  return (await response.json()) as Status;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

beforeAll(ensureBuilt, BUILD_TIMEOUT_MS);

/** @param isReady when clients can come. Default: when all workers are ready */
async function start(
  config: object = CONFIG,
  isReady?: (server: { readonly port: number }) => Promise<boolean>,
): Promise<ServerProcess> {
  const env = { KITTIWAKE_WORKERS: '2' };
  const startTimeoutMs = START_TIMEOUT_MS;
  if (isReady) {
    const port = await freePort();
    const withPort = { ...env, KITTIWAKE_PORT: `${port}` };
    const options = { config, env: withPort, startTimeoutMs, isReady: () => isReady({ port }) };
    return stoppedInTheEnd(await ServerProcess.start(options));
  }
  const server = stoppedInTheEnd(await ServerProcess.start({ config, env, startTimeoutMs }));
  await eventually(() => server.output.includes('2 worker processes are ready'), {
    timeoutMs: START_TIMEOUT_MS, // whole processes start, as in ServerProcess.start
    what: 'both workers',
  });
  return server;
}

/** Each test finds two workers that serve, and leaves two. */
describe('a gateway of two worker processes', () => {
  let server: ServerProcess;
  let app: StubApp;
  let dir: string;

  beforeAll(async () => {
    app = stoppedInTheEnd(await StubApp.start());
    dir = await mkdtemp(join(tmpdir(), 'kittiwake-ledger-'));
    stoppedInTheEnd({ stop: () => rm(dir, { recursive: true, force: true }) });
    const ending = { requireAuthentication: false, onUnsubscribe: `${app.url}/gone` };
    const ledger = { dir, lease: '1s', beat: '100ms' };
    server = await start({ ...CONFIG, services: { ...CONFIG.services, ending }, ledger });
  }, START_TIMEOUT_MS);

  /** Resolves when another one serves instead of one that was killed. */
  async function untilReplaced(victim: number): Promise<void> {
    const isReplaced = (): boolean => {
      const [, since] = server.output.split(`worker process ${victim} has ended`);
      return since?.includes('takes its place') === true;
    };
    await eventually(isReplaced, { timeoutMs: START_TIMEOUT_MS, what: 'another worker' });
    expect(workersOf(server)).toHaveLength(2);
    expect(workersOf(server)).not.toContain(victim);
  }

  it('brings a publication from any way in to the subscribers of every worker', async () => {
    expect(workersOf(server)).toHaveLength(2);
    const clients = await subscribers(server, 8);
    for (let number = 0; number < 8; number++) expect((await publish(server, number)).status).toBe(200);
    for (const client of clients) {
      const got = [];
      for (let count = 0; count < 8; count++) got.push((await client.next()).data);
      expect(got.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    }
  });

  it('counts for all of them, whichever is asked for the metrics', async () => {
    const metrics = async (): Promise<string> => (await fetch(`${server.operatorsUrl}/metrics`)).text();
    const noneLeft = async (): Promise<boolean> => /^kittiwake_connections 0$/m.test(await metrics());
    await eventually(noneLeft, { what: 'the end of the connections of other tests' });
    await subscribers(server, 8);
    const text = await metrics();
    expect(text).toMatch(/^kittiwake_connections 8$/m);
    expect(text).toMatch(/^kittiwake_broker_ready 1$/m);
  });

  it('says of all of them how they are, whichever is asked', async () => {
    for (let count = 0; count < 4; count++) {
      const { state, processes } = await statusOf(server);
      expect(state).toBe('ready');
      expect(processes.map(({ worker }) => worker).toSorted()).toEqual(workersOf(server).toSorted());
      for (const { pid } of processes) expect(pid).toBe(server.pid);
    }
  });

  it('loses no publication to clients of the other worker when one is killed, and replaces it', async () => {
    const clients = await subscribers(server, 8);
    const [victim] = workersOf(server);
    let published = 0;
    const over = new AbortController();
    const publishing = (async () => {
      for (; !over.signal.aborted; await delay(PACE_MS))
        published += Number(await isPublished(server, published));
    })();
    process.kill(victim!, 'SIGKILL');
    await eventually(() => clients.some(({ closed }) => closed), { what: 'the end of connections' });
    await untilReplaced(victim!);
    const back = await eventually(() => subscribers(server, 4).catch(() => undefined), {
      what: 'clients back',
    });
    over.abort();
    await publishing;
    expect((await publish(server, 'last')).status).toBe(200);
    const survivors = clients.filter(({ closed }) => !closed);
    expect(survivors.length).toBeGreaterThan(0);
    for (const client of survivors) {
      const got: unknown[] = [];
      while (got.at(-1) !== 'last') got.push((await client.next()).data);
      // One that the killed worker took and sent, but did not answer for, comes twice: the publisher tried again.
      const seen = [...new Set(got)];
      expect(seen).toEqual([...Array.from({ length: published }, (_, number) => number), 'last']);
    }
    for (const client of back) while ((await client.next()).data !== 'last');
  });

  it('disconnects and revokes on every worker, also one that comes later', async () => {
    const ask = async (path: string, body: object): Promise<unknown> => {
      const headers = { authorization: `Bearer ${API_KEY}`, connection: 'close' };
      const response = await fetch(server.httpUrl + path, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      return response.json();
    };
    const token = signToken({ algorithm: 'HS256', key: TOKEN_KEY, claims: { sub: 'ann', jti: 'one' } });
    const authenticated = async (client: TestClient): Promise<unknown> =>
      (await client.ask({ event: 'auth', method: 'jwt', token })).status;
    const gone = await subscribers(server, 8);
    const both = { complete: true, nodes: { asked: 2, answered: 2 } };
    expect(await ask('/disconnect', { topic: 'books.1' })).toMatchObject({ disconnected: 8, ...both });
    for (const client of gone) expect(await client.untilClosed()).toHaveProperty('code', 4403);
    const clients = await subscribers(server, 8);
    for (const client of clients) expect(await authenticated(client)).toBe('ok');
    expect(await ask('/revoke', { token_id: 'one' })).toMatchObject({ disconnected: 8, ...both });
    for (const client of clients) expect(await client.untilClosed()).toHaveProperty('code', 4401);
    const [victim] = workersOf(server);
    process.kill(victim!, 'SIGKILL');
    await untilReplaced(victim!);
    // The one that is left may be the only one to take them; the one that is new has asked it.
    for (const client of await subscribers(server, 16)) expect(await authenticated(client)).toBe('error');
  });

  it('ends the connections that a worker was given and had not taken when it was killed', async () => {
    const [victim] = workersOf(server);
    process.kill(victim!, 'SIGSTOP'); // so that it takes none
    const kill = (): void => void process.kill(victim!, 'SIGKILL');
    const killed = stopped({ stop: () => workersOf(server).includes(victim!) && kill() });
    const sockets = Array.from({ length: 4 }, () => stopped(new Asking(server.port)));
    const answered = (): Asking[] => sockets.filter(({ isAnswered }) => isAnswered);
    await eventually(() => answered().length === 3, { what: 'the answers of the other one' });
    killed.stop();
    await eventually(() => sockets.find(({ isAnswered }) => !isAnswered)?.isClosed, { what: 'an end' });
    expect(answered()).toHaveLength(3);
    await untilReplaced(victim!);
  });

  it('loses nothing of a history with a worker that is killed', async () => {
    const ask = { event: 'subscribe', subscription: 'kept.1' };
    const clients = await Promise.all(
      Array.from({ length: 4 }, () => TestClient.connect(server.url, ['kittiwake.v1.json'])),
    );
    const positions = new Map<TestClient, unknown>();
    for (const client of clients) {
      stopped({ stop: () => client.drop() });
      positions.set(client, (await client.ask({ ...ask, recover: true })).position);
    }
    const [victim] = workersOf(server);
    process.kill(victim!, 'SIGKILL');
    for (const data of ['a', 'b', 'c']) {
      const once = { 'Idempotency-Key': data };
      await eventually(() => isPublished(server, data, 'kept.1', once), { what: 'a publication' });
    }
    for (const client of clients) {
      client.drop();
      const again = await TestClient.connect(server.url, ['kittiwake.v1.json']);
      stopped({ stop: () => again.drop() });
      const reply = await again.ask({ ...ask, position: positions.get(client) });
      expect(reply).toMatchObject({ status: 'ok', recovered: true });
      const data = [(await again.next()).data, (await again.next()).data, (await again.next()).data];
      expect(data).toEqual(['a', 'b', 'c']);
    }
    await untilReplaced(victim!);
    const since = String(positions.get(clients[0]!));
    const url = `${server.httpUrl}/history?subscription=kept.1&since=${encodeURIComponent(since)}`;
    for (let asked = 0; asked < 4; asked++) {
      const headers = { authorization: `Bearer ${API_KEY}`, connection: 'close' };
      const publications = [{ data: 'a' }, { data: 'b' }, { data: 'c' }];
      expect(await (await fetch(url, { headers })).json()).toMatchObject({ complete: true, publications });
    }
  });

  it('tells the app what has ended with a worker that is killed', async () => {
    const clients = await Promise.all(
      Array.from({ length: 8 }, () => TestClient.connect(server.url, ['kittiwake.v1.json'])),
    );
    for (const client of clients) {
      stopped({ stop: () => client.drop() });
      await client.ask({ event: 'subscribe', subscription: 'ending.1' });
    }
    const [victim] = workersOf(server);
    process.kill(victim!, 'SIGKILL');
    await eventually(() => clients.some(({ closed }) => closed), { what: 'the end of connections' });
    await untilReplaced(victim!);
    const lost = clients.filter(({ closed }) => closed).length;
    const told = await app.requests('/gone', lost);
    expect(told.map(({ headers }) => headers['kittiwake-reason'])).toEqual(Array(lost).fill('node_lost'));
  });

  it('replaces a worker that is there and gives no sign of life', async () => {
    const [victim] = workersOf(server);
    process.kill(victim!, 'SIGSTOP');
    await untilReplaced(victim!);
    expect(server.output).toContain(`worker process ${victim} gives no sign of life`);
  });

  it('replaces its workers one by one on SIGHUP, and refuses no connection', async () => {
    const before = workersOf(server);
    const clients = await subscribers(server, 6);
    server.signal('SIGHUP');
    let tries = 0;
    const replaced = async (): Promise<boolean> => {
      tries++;
      const client = await subscriber(server); // throws when it is refused
      client.drop();
      const pids = workersOf(server);
      return pids.length === 2 && !pids.some((pid) => before.includes(pid));
    };
    const deadline = performance.now() + 15_000;
    for (; !(await replaced()); await delay(PACE_MS)) expect(performance.now()).toBeLessThan(deadline);
    expect(tries).toBeGreaterThan(3);
    for (const client of clients) expect(await client.untilClosed()).toMatchObject({ code: 1012 });
    const rolled = (): boolean => server.output.includes('all worker processes have been replaced');
    await eventually(rolled, { what: 'the end of the replacements' });
    const again = await subscribers(server, 4);
    expect((await publish(server, 'all')).status).toBe(200);
    for (const client of again) expect(await client.next()).toMatchObject({ data: 'all' });
  });

  it('says once what is wrong when its workers cannot start', async () => {
    const redis = { url: 'redis://127.0.0.1:1' };
    const config = { ...CONFIG, broker: { kind: 'redis', redis } };
    const end = await ServerProcess.run({ config, env: { KITTIWAKE_WORKERS: '2' } });
    expect(end.code).toBe(1);
    expect(end.stderr.match(/cannot start/g)).toHaveLength(1);
  });

  const STARTS_ANOTHER_MS = START_TIMEOUT_MS + 20_000;

  it(
    'takes no connection before all of its workers could',
    async () => {
      const early = await start(CONFIG, ({ port }) => isOpen(port));
      // One after another: then it does not depend on the load which worker is free.
      for (let client = 0; client < 20; client++) await subscriber(early);
      const counts = workersOf(early).map((pid) => socketsOf(pid));
      expect(Math.abs(counts[0]! - counts[1]!)).toBeLessThan(10);
      early.signal('SIGTERM');
      await early.untilEnded();
    },
    STARTS_ANOTHER_MS,
  );

  it(
    'closes its clients in good order when the process that keeps the workers is killed',
    async () => {
      const orphaned = await start();
      const clients = await subscribers(orphaned, 4);
      const pids = workersOf(orphaned);
      orphaned.signal('SIGKILL');
      for (const client of clients) expect(await client.untilClosed()).toMatchObject({ code: 1012 });
      for (const pid of pids) await eventually(() => !isRunning(pid), { what: 'the end of a worker' });
    },
    STARTS_ANOTHER_MS,
  );

  // Told to stop while it replaced its workers, it ended before the one that was on its way out, which a container kills.
  it(
    'ends after all of its workers when it is stopped while it replaces them',
    async () => {
      const rolling = await start();
      const before = workersOf(rolling);
      await subscribers(rolling, 4);
      rolling.signal('SIGHUP');
      const isOnItsWayOut = async (): Promise<boolean> => {
        const { processes } = await statusOf(rolling);
        const listed = processes.map(({ worker }) => worker);
        return before.some((pid) => !listed.includes(pid) && isRunning(pid));
      };
      await eventually(isOnItsWayOut, {
        timeoutMs: START_TIMEOUT_MS, // a whole process starts, as in ServerProcess.start
        what: 'a worker on its way out',
      });
      rolling.signal('SIGTERM');
      expect(await rolling.untilEnded()).toMatchObject({ code: 0 });
      for (const pid of before) expect(isRunning(pid)).toBe(false);
      expect(rolling.output).not.toContain('"level":50');
    },
    STARTS_ANOTHER_MS,
  );

  it(
    'has one key for publishing when none is configured, and stops with all of its workers on SIGTERM',
    async () => {
      const keyless = await start({ ...CONFIG, publish: {} });
      const pids = workersOf(keyless);
      const [client] = await subscribers(keyless, 1);
      keyless.signal('SIGTERM');
      expect(await client!.untilClosed()).toMatchObject({ code: 1012 });
      expect(await keyless.untilEnded()).toMatchObject({ code: 0 });
      for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
      expect(keyless.output.match(/No API key is configured/g)).toHaveLength(1);
    },
    STARTS_ANOTHER_MS,
  );
});
