import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { KITTIWAKE_V1 } from '../src/protocol/sub-protocol.js';
import { stoppedAfterAll, stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { freePort, RedisServer } from './support/redis-server.js';
import {
  BUILD_TIMEOUT_MS,
  ensureBuilt,
  ServerProcess,
  type ProcessEnd,
  type ProcessOptions,
} from './support/server-process.js';
import { eventually } from './support/wait.js';
import { StubApp } from './support/stub-app.js';
import { signToken } from './support/tokens.js';

beforeAll(ensureBuilt, BUILD_TIMEOUT_MS);

const stopped = stoppedAfterEach();

async function start(options?: ProcessOptions): Promise<ServerProcess> {
  return stopped(await ServerProcess.start(options));
}

/** The lines of the log, parsed. */
function logOf({ stdout }: { readonly stdout: string }): Record<string, unknown>[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function publish(server: ServerProcess, key: string, publication: unknown): Promise<number> {
  const response = await fetch(`${server.httpUrl}/publish`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}` },
    body: typeof publication === 'string' ? publication : JSON.stringify(publication),
  });
  return response.status;
}

/** Writes more to its log than may wait, and says on its other stream how that went. */
const CHATTY_WRITER = `
  import { LogOutput } from './dist/server/log-output.js';
  const log = new LogOutput((failure, lines) => console.error(failure + ': ' + lines + ' lines are lost'));
  for (let i = 0; i < 20_000; i++) log.write('x'.repeat(99) + '\\n');
  console.error('20000 lines are written');
  setInterval(() => undefined, 1000);
`;

/** Prints whether a listener of SIGTERM comes before anything is loaded, and sends one at once. */
const SIGTERM_AT_ONCE = `process.on('newListener', function heard(name) {
  if (name !== 'SIGTERM') return;
  process.off('newListener', heard);
  console.error('loaded: ' + ('getMetadata' in Reflect));
  process.nextTick(() => process.kill(process.pid, 'SIGTERM'));
})`;

describe('a signal', () => {
  let app: StubApp;

  beforeEach(async () => {
    app = await StubApp.start();
  });
  afterEach(() => app.stop());

  it.each(['SIGTERM', 'SIGINT'] as const)('ends the process well: %s', async (signal) => {
    const url = (path: string) => `${app.url}/${path}`;
    const callbacks = { beforeUnsubscribe: url('before_unsubscribe'), onUnsubscribe: url('on_unsubscribe') };
    const server = await start({
      config: { services: { books: { requireAuthentication: false, ...callbacks } } },
    });
    const plain = await TestClient.connect(server.url);
    const extended = await TestClient.connect(server.url, [KITTIWAKE_V1]);
    await plain.ask({ event: 'subscribe', subscription: 'books.1' });
    await extended.ask({ event: 'subscribe', subscription: 'books.2' });
    const end = await server.signal(signal).untilEnded();
    expect([end.code, end.signal, end.stderr]).toEqual([0, null, '']);
    expect(await plain.untilClosed()).toEqual({ code: 1000, reason: '' });
    expect(await extended.untilClosed()).toEqual({ code: 1012, reason: 'Please reconnect.' });
    expect(app.paths.toSorted()).toEqual([
      '/before_unsubscribe',
      '/before_unsubscribe',
      '/on_unsubscribe',
      '/on_unsubscribe',
    ]);
    await expect(fetch(server.httpUrl)).rejects.toThrow('fetch failed');
  });

  it('ends a process that has not loaded anything yet: process 1 of a container would not get another one', async () => {
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(SIGTERM_AT_ONCE)}`;
    const end = await ServerProcess.run({ env: { NODE_OPTIONS } });
    expect(end).toEqual({ code: 0, signal: null, stdout: '', stderr: 'loaded: false\n' });
  });

  it('is no end to a process when a terminal hangs up: SIGHUP', async () => {
    const server = await start();
    server.signal('SIGHUP');
    await eventually(() =>
      server.stdout.includes('SIGHUP: the rest of the configuration is read at a start only'),
    );
    expect((await fetch(`${server.httpUrl}/health/ready`)).status).toBe(200);
  });

  it('ends the process in time although the app hangs', async () => {
    const never = new Promise(() => undefined);
    app.answer('/on_unsubscribe', { after: never });
    const services = { books: { requireAuthentication: false, onUnsubscribe: `${app.url}/on_unsubscribe` } };
    const server = await start({ config: { services, shutdown: { timeout: '300ms' } } });
    const client = await TestClient.connect(server.url);
    await client.ask({ event: 'subscribe', subscription: 'books.1' });
    const end = await server.signal('SIGTERM').untilEnded();
    expect(end.code).toBe(0);
    expect(logOf(end)).toContainEqual(
      expect.objectContaining({ msg: 'the app was not told of the end of every subscription in time' }),
    );
    const messages = logOf(end).map(({ msg }) => msg);
    expect(messages).toContain(
      'stopping: 1 clients are closed within 5000 ms, and the app is told within 300 ms',
    );
    expect(messages.at(-1)).toMatch(
      /^stopped within \d+ ms: all clients are closed, the app was not told of every end$/,
    );
  });
});

describe('a start that cannot be', () => {
  /** Ended with 1, with a stack neither in the log nor on stderr. */
  function expectRefusal(end: ProcessEnd, stderr: string): void {
    expect(end).toMatchObject({ code: 1, signal: null, stderr });
    expect(end.stdout + end.stderr).not.toMatch(/^\s+at |"stack"|node:internal/m);
  }

  it('ends with 1 and says in one message what is wrong, and where', async () => {
    const problems: [ProcessOptions, string][] = [
      [
        { env: { KITTIWAKE_PORT: 'abc' } },
        'KITTIWAKE_PORT: found "abc", expected a whole number from 0 to 65535',
      ],
      [{ env: { KITTIWAKE_PROT: '1' } }, 'KITTIWAKE_PROT: unknown variable, did you mean KITTIWAKE_PORT?'],
      [
        { config: { ping: { interval: 'soon' } } },
        'ping.interval: found "soon", expected a duration such as 15s or 500ms, from 0s to 576h',
      ],
      [
        { config: { services: { books: { authoriser: 'x' } } } },
        'services.books.authoriser: unknown key, did you mean authorizer?',
      ],
      [
        { env: { KITTIWAKE_CONFIG: 'nowhere.yaml' } },
        "KITTIWAKE_CONFIG: the file cannot be read: ENOENT: no such file or directory, open 'nowhere.yaml'",
      ],
      [
        { dotEnv: 'KITTIWAKE_PORT=70000\n' },
        'KITTIWAKE_PORT: found 70000, expected a whole number from 0 to 65535',
      ],
    ];
    const ends = await Promise.all(problems.map(([options]) => ServerProcess.run(options)));
    for (const [index, end] of ends.entries()) {
      expectRefusal(end, `The configuration cannot be used:\n- ${problems[index]![1]}\n`);
    }
  });

  it('ends with 1 when Redis cannot be reached, and says in one line where it looked', async () => {
    const port = await freePort();
    const KITTIWAKE_BROKER_REDIS_URL = `redis://user:redis-password@127.0.0.1:${port}/0`;
    const end = await ServerProcess.run({
      env: { KITTIWAKE_BROKER_KIND: 'redis', KITTIWAKE_BROKER_REDIS_URL },
    });
    const why = `connect ECONNREFUSED 127.0.0.1:${port}`;
    expectRefusal(end, `Kittiwake cannot start: Redis at 127.0.0.1:${port} cannot be reached: ${why}\n`);
    expect(end.stdout + end.stderr).not.toContain('redis-password');
  });

  it('ends with 1 when Redis refuses the password, which it does not tell', async () => {
    const redis = stopped(await RedisServer.start({ args: ['--requirepass', 'the-right-one'] }));
    const KITTIWAKE_BROKER_REDIS_URL = `redis://:the-wrong-one@127.0.0.1:${redis.port}`;
    const end = await ServerProcess.run({
      env: { KITTIWAKE_BROKER_KIND: 'redis', KITTIWAKE_BROKER_REDIS_URL },
    });
    expectRefusal(
      end,
      expect.stringMatching(/^Kittiwake cannot start: Redis at 127\.0\.0\.1:\d+ .*WRONGPASS.*\n$/),
    );
    expect(end.stdout + end.stderr).not.toContain('the-wrong-one');
  });

  it('ends with 1 when a port is in use, and says which', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const inUse = `listen EADDRINUSE: address already in use 127.0.0.1:${port}`;
    const [main, operators] = await Promise.all(
      ['KITTIWAKE_PORT', 'KITTIWAKE_OPERATORS_PORT'].map((variable) =>
        ServerProcess.run({ env: { [variable]: `${port}` } }),
      ),
    );
    expectRefusal(main!, `Kittiwake cannot start: ${inUse}\n`);
    expect(main!.stdout).not.toContain(inUse); // once is enough
    expectRefusal(
      operators!,
      `Kittiwake cannot start: the port for operators cannot be had, 127.0.0.1:${port}: ${inUse}; ` +
        'set operators.port (KITTIWAKE_OPERATORS_PORT) to another one, or operators.enabled to false\n',
    );
    other.close();
  });
});

describe('a .env file', () => {
  it('is read, and the environment wins over it', async () => {
    const port = await freePort();
    const dotEnv = `KITTIWAKE_PORT=1\nKITTIWAKE_PUBLISH_API_KEYS=key-from-the-dot-env-file\n`;
    const server = await start({ dotEnv, env: { KITTIWAKE_PORT: `${port}` } });
    const publication = { subscription: 'books.1', data: 1 };
    expect(await publish(server, 'wrong', publication)).toBe(401);
    expect(await publish(server, 'key-from-the-dot-env-file', publication)).toBe(400);
  });
});

describe('the log', () => {
  const stoppedInTheEnd = stoppedAfterAll();
  /** By their levels. */
  let servers: Record<'info' | 'warn' | 'error', ServerProcess>;

  beforeAll(async () => {
    const startWith = async (level: string): Promise<ServerProcess> => {
      const config = { services: { books: { requireAuthentication: false } } };
      return stoppedInTheEnd(await ServerProcess.start({ config, env: { KITTIWAKE_LOG_LEVEL: level } }));
    };
    const [info, warn, error] = await Promise.all([startWith('info'), startWith('warn'), startWith('error')]);
    servers = { info, warn, error };
    await eventually(() => logOf(info).some(({ msg }) => String(msg).startsWith('listening at ')));
  }, 30_000);

  it('is lines of JSON, and says that an API key was made up, not which one', async () => {
    const { info, warn } = servers;
    const msg =
      'No API key is configured (publish.apiKeys). Until the next start it is a random one, which nobody knows';
    for (const one of [info, warn]) {
      const warnings = logOf(one).filter(({ level }) => level === 40);
      expect(warnings).toEqual([expect.objectContaining({ context: 'Kittiwake', msg })]);
      expect(one.output).not.toMatch(/[\w-]{32}/);
    }
    for (const line of logOf(info)) {
      expect(line).toEqual({
        level: expect.any(Number),
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        context: expect.any(String),
        msg: expect.any(String),
        service: 'kittiwake',
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        pid: info.pid,
      });
    }
  });

  it('has only what is severe enough', () => {
    const levels = Object.values(servers).map((one) => [
      new Set(logOf(one).map(({ level }) => level)),
      one.stderr,
    ]);
    expect(levels).toEqual([
      [new Set([30, 40]), ''],
      [new Set([40]), ''],
      [new Set(), ''],
    ]);
  });
});

describe('a line of the log about a client', () => {
  const config = {
    log: { level: 'debug' },
    callbacks: { tries: 2, wait: '0s', waitJitter: '0s' },
    auth: { ticket: { url: 'http://127.0.0.1:1/ticket', fields: ['user'] } },
    services: {
      books: { requireAuthentication: false, authorizer: 'http://127.0.0.1:1/authorizer' },
      news: { requireAuthentication: false, onUnsubscribe: 'http://127.0.0.1:1/unsubscribed' },
    },
    procedures: { remote: { add: { url: 'http://127.0.0.1:1/add', public: true } } },
  };
  const told = [
    /POST .+add: no connection, next try/,
    /POST .+add: connect/,
    /POST .+ticket: try 1 failed/,
    /POST .+ticket: failed/,
    /POST .+authorizer: failed/,
    /a client broke the WebSocket protocol/,
    /POST .+unsubscribed: failed/,
    /refused auth/,
    /refused subscribe/,
    /refused a frame/,
  ];

  /** @returns the process, once it has told all, and which connection it was. */
  async function provoked(format: string): Promise<[ServerProcess, unknown]> {
    const server = await start({ config, env: { KITTIWAKE_LOG_FORMAT: format } });
    const client = await TestClient.connect(server.url, [KITTIWAKE_V1]);
    const { connection_id: id } = await client.greeting();
    await client.ask({ event: 'auth', ticket: 'one' });
    await client.ask({ event: 'subscribe', subscription: 'books.1' });
    await client.ask({ event: 'subscribe', subscription: 'news.1' });
    await client.ask({ event: 'call', id: 1, procedure: 'add' });
    (client.webSocket as unknown as { _socket: Socket })._socket.write(Buffer.of(0xff, 0xff));
    await client.untilClosed();
    await eventually(() => told.every((one) => one.test(server.stdout)), { what: 'all of the lines' });
    return [server, id];
  }

  it('has the id of its connection in JSON', async () => {
    const [server, connection] = await provoked('json');
    const lines = logOf(server);
    for (const one of told)
      expect(lines.filter(({ msg }) => one.test(String(msg)))).toContainEqual(
        expect.objectContaining({ connection, service: 'kittiwake', pid: server.pid }),
      );
  });

  it('has the id of its connection as text', async () => {
    const [server, connection] = await provoked('pretty');
    const lines = server.stdout.split(/\n(?=\[)/);
    for (const one of told)
      expect(lines.find((line) => one.test(line))).toContain(`connection: ${JSON.stringify(connection)}`);
  });
});

describe('secrets', () => {
  const SECRET = {
    apiKey: 'secret-api-key-0123456789',
    wrongKey: 'secret-wrong-key-0123456789',
    jwt: 'secret-of-the-tokens-32-bytes-long',
    ticket: 'secret-ticket',
    header: 'secret-header',
    url: 'secret-in-url',
    query: 'secret-in-query',
    redis: 'secret-of-redis',
    data: 'secret-data',
  };

  it('are not in the log, however much goes wrong', async () => {
    const redis = stopped(await RedisServer.start({ args: ['--requirepass', SECRET.redis] }));
    const app = stopped(await StubApp.start());
    const host = app.url.replace('http://', '');
    const url = (path: string) => `http://user:${SECRET.url}@${host}/${path}?token=${SECRET.query}`;
    const nobody = `http://user:${SECRET.url}@127.0.0.1:${await freePort()}/?token=${SECRET.query}`;
    const failing = `/failing?token=${SECRET.query}`;
    app.answer(
      `/ticket?token=${SECRET.query}`,
      { body: { status: 'error', error: SECRET.data } },
      { body: '[]' },
    );
    app.answer(
      failing,
      { status: 500, body: SECRET.data },
      { headers: { 'Content-Type': 'text/html' }, body: SECRET.data },
    );
    const services = {
      books: { requireAuthentication: false, headers: { 'X-Key': SECRET.header }, onMessage: url('failing') },
      films: { requireAuthentication: false, authorizer: nobody },
      notes: { requireAuthentication: false, authorizer: url('notes') },
    };
    app.answer(`/notes?token=${SECRET.query}`, {
      status: 307,
      headers: { Location: `http://x:${SECRET.url}@127.0.0.1:1/` },
    });
    const server = await start({
      env: {
        KITTIWAKE_LOG_LEVEL: 'trace',
        KITTIWAKE_PUBLISH_API_KEYS: SECRET.apiKey,
        KITTIWAKE_BROKER_REDIS_URL: `redis://:${SECRET.redis}@127.0.0.1:${redis.port}`,
        KITTIWAKE_AUTH_JWT_SECRET: SECRET.jwt,
      },
      config: {
        services,
        broker: { kind: 'redis' },
        callbacks: { tries: 2, wait: '1ms' },
        auth: {
          ticket: { url: url('ticket'), headers: { 'X-Key': SECRET.header } },
          jwt: { algorithms: ['HS256'] },
        },
      },
    });
    const token = signToken({ algorithm: 'HS256', key: SECRET.jwt, claims: { sub: 'u1' } });
    const forged = signToken({ algorithm: 'HS256', key: 'another', claims: { sub: SECRET.data } });

    const client = await TestClient.connect(`${server.url}?token=${SECRET.query}`, [KITTIWAKE_V1]);
    await client.ask({ event: 'auth', ticket: SECRET.ticket });
    await client.ask({ event: 'auth', method: 'jwt', token: forged });
    await client.ask({ event: 'auth', method: 'jwt', token: `${token}x` });
    expect(await client.ask({ event: 'auth', method: 'jwt', token })).toHaveProperty('status', 'ok');
    for (const topic of ['books.1', 'films.1', 'notes.1', `nothing.${SECRET.data}`])
      await client.ask({ event: 'subscribe', subscription: topic });
    await client.ask({ event: 'message', subscription: 'books.1', data: SECRET.data });
    await client.ask(`{"event":"ping","data":"${SECRET.data}`);
    await client.ask({ event: 'e'.repeat(50), data: SECRET.data });
    const defect = await TestClient.connect(server.url);
    defect.send({ event: 'auth', ticket: SECRET.ticket });
    expect((await defect.untilClosed()).code).toBe(1000);
    const broken = await TestClient.connect(server.url);
    broken.send(Buffer.alloc(2_000_000, SECRET.data));
    expect((await broken.untilClosed()).code).toBe(1009);

    const publication = { subscription: 'books.1', data: SECRET.data };
    expect(await publish(server, SECRET.wrongKey, publication)).toBe(401);
    expect(await publish(server, SECRET.apiKey, `{"subscription":"books.1","data":"${SECRET.data}`)).toBe(
      400,
    );
    expect(await publish(server, SECRET.apiKey, publication)).toBe(200);
    const publisher = new Redis(redis.port, { password: SECRET.redis });
    await publisher.publish('books.1', `${SECRET.data} is not JSON`);
    publisher.disconnect();
    expect(await client.next()).toHaveProperty('data', SECRET.data);
    await redis.stop();
    expect((await client.untilClosed()).code).toBe(1012);
    expect(await publish(server, SECRET.apiKey, publication)).toBe(503);
    const end = await server.signal('SIGTERM').untilEnded();

    const messages = logOf(end).map(({ msg }) => msg);
    for (const said of [
      /failed after 2 tries/,
      /is lost/,
      /broke the WebSocket protocol/,
      /message on "books.1" dropped/,
    ])
      expect(messages).toContainEqual(expect.stringMatching(said));
    const found = [...Object.values(SECRET), token, forged, token.split('.')[2]!].filter((secret) =>
      end.stdout.includes(secret),
    );
    expect([found, end.stderr, end.code]).toEqual([[], '', 0]);
  });
});

describe('the health check of a container', () => {
  it('finds the gateway where its file says', async () => {
    const port = await freePort();
    const config = { server: { port }, health: { readyPath: '/fine' } };
    const check = () =>
      ServerProcess.run({ config, dotEnv: '', command: ['server/health-check.js'] }).then(({ code }) => code);
    expect(await check()).toBe(1);
    const isReady = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/fine`)).ok;
    const server = await start({ config, dotEnv: '', isReady });
    expect(await check()).toBe(0);
    await server.signal('SIGTERM').untilEnded();
  });
});

describe('a stranger that breaks off', () => {
  it('leaves no error in the log', async () => {
    const server = await start({ config: { procedures: { remote: {} } } });
    for (const path of ['/publish', '/health/live', '/nothing', '/rpc/ping']) {
      const socket = connect(server.port, '127.0.0.1');
      const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n`;
      socket.write(`${head}{`);
      await once(socket, 'connect');
      socket.on('error', () => undefined).resetAndDestroy();
    }
    const end = await server.signal('SIGTERM').untilEnded();
    expect(logOf(end).filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});

describe('a log that cannot be written', () => {
  it.each(['json', 'pretty'])('costs lines, not service: on a full disk, %s', async (format) => {
    const full = openSync('/dev/full', 'w');
    const port = await freePort();
    const env = { PATH: process.env['PATH'], KITTIWAKE_PORT: `${port}`, KITTIWAKE_OPERATORS_PORT: '0' };
    const gateway = spawn(process.execPath, ['dist/server/main.js'], {
      env: { ...env, KITTIWAKE_LOG_FORMAT: format, KITTIWAKE_LOG_LEVEL: 'trace' },
      stdio: ['ignore', full, 'inherit'],
    });
    stopped({ stop: () => gateway.kill('SIGKILL') });
    closeSync(full);
    const ended = once(gateway, 'exit');
    const isReady = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok;
    await eventually(() => isReady().catch(() => false), { timeoutMs: 15_000, what: 'a ready gateway' });
    gateway.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('does not block who writes while nobody reads, and tells of what was lost', async () => {
    const writer = spawn(process.execPath, ['--input-type=module', '--eval', CHATTY_WRITER]);
    stopped({ stop: () => writer.kill('SIGKILL') });
    let said = '';
    writer.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    await eventually(() => said.includes('20000 lines are written'), { what: 'the last line' });
    let read = '';
    writer.stdout.setEncoding('utf8').on('data', (text: string) => (read += text));
    await eventually(() => said.includes('lines are lost'), { what: 'the count of lost lines' });
    const lost = Number(/EAGAIN.*: (\d+) lines are lost/.exec(said)?.[1]);
    await eventually(() => read.split('\n').length - 1 === 20_000 - lost, {
      what: 'the lines that were kept',
    });
    expect(lost).toBeGreaterThan(1_000);
  });
});
