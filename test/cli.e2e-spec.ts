import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NeedInfo, type ProcedureCall, ProcedureError, TypedResult } from '../src/index.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { configuredIn, inShell } from './support/cli.js';
import { API_KEY, TestGateway } from './support/gateway.js';
import { freePort } from './support/redis-server.js';
import { procedureOf, RpcStage, rpcToken } from './support/rpc.js';
import {
  BUILD_TIMEOUT_MS,
  ensureBuilt,
  type ProcessEnd,
  type ProcessOptions,
  ServerProcess,
} from './support/server-process.js';
import { StubApp } from './support/stub-app.js';
import { Terminal } from './support/terminal.js';
import { eventually } from './support/wait.js';

const BIG = 123456789012345678901n;
const SECRET = 'the-secret-of-services';
const SERVICES = { books: { requireAuthentication: true }, desks: {}, seen: { presence: {} } };

const stopped = stoppedAfterEach();
const stage = new RpcStage();
let folder: string;
/** Names a file with {@link config}. */
let env: Record<string, string>;

/** The configuration that the command line reads: it finds the gateway in the state directory. */
const config = (): object => ({ procedures: { local: { stateDir: folder } } });

beforeAll(async () => {
  await ensureBuilt();
  folder = await mkdtemp(join(tmpdir(), 'kittiwake-cli-'));
  await writeFile(join(folder, 'secret'), `${SECRET}\n`);
  env = await configuredIn(folder, config());
  await stage.start({ services: SERVICES, procedures: { secret: SECRET, local: { stateDir: folder } } });
  for (const procedure of procedures()) stage.add(procedure);
}, BUILD_TIMEOUT_MS);

afterAll(async () => {
  await stage.stop();
  await rm(folder, { recursive: true });
});

function procedures(): Parameters<RpcStage['add']>[0][] {
  return [
    procedureOf('big', () => ({ big: BIG, list: [1, null] }), { takes: [], description: '/big\n\nIs big.' }),
    procedureOf('page', () => new TypedResult('<h1>é</h1>', 'text/html'), { takes: [] }),
    procedureOf('bytes', () => new TypedResult(Buffer.from([0x41, 0xff, 0x0a]), 'image/png'), { takes: [] }),
    procedureOf('purr', () => ({ purr: 'purrr', _format: 'Kitty says %(purr)s' }), { takes: [] }),
    procedureOf('refused', (_call, status: string) => {
      throw new ProcedureError('Refused.', Number(status));
    }),
    procedureOf('late', lateFailure, { takes: [], isStream: true }),
    procedureOf('login', login, { takes: ['user?', 'password?'] }),
  ];
}

async function* lateFailure(): AsyncGenerator {
  yield { error: 'not one yet' };
  yield 1;
  throw new Error('Ran out');
}

function login(_call: ProcedureCall, user: string | undefined, password: string | undefined): string {
  if (password === 'hunter2') return `Hello ${user}`;
  throw new NeedInfo('Who are you?', [
    { name: 'user', default: 'bob', comment: 'Your name' },
    { name: 'password', type: 'password', comment: 'Your password' },
  ]);
}

function run(...args: string[]): Promise<ProcessEnd> {
  return runWith({}, ...args);
}

function runWith(options: Pick<ProcessOptions, 'config' | 'input'>, ...args: string[]): Promise<ProcessEnd> {
  return ServerProcess.run({
    config: config(),
    timeoutMs: 30_000,
    ...options,
    command: ['cli/main.js', ...args],
  });
}

/** As {@link run}, at the URL, with no configuration to be read. */
function runAtUrl(...args: string[]): Promise<ProcessEnd> {
  return runWith(
    { config: {} },
    '--url',
    stage.gateway.httpUrl,
    '--secret-file',
    join(folder, 'secret'),
    ...args,
  );
}

/** What each of some commands prints, or if it fails its exit code and what it says. */
function outcomes(...commands: string[][]): Promise<(string | [code: number | null, text: string])[]> {
  return Promise.all(
    commands.map(async (args) => {
      const { code, stdout, stderr } = await runAtUrl(...args);
      return code === 0 && stderr === '' ? stdout : [code, stdout + stderr];
    }),
  );
}

/** A command that goes on. */
async function start(...args: string[]): Promise<ServerProcess> {
  const options = { config: config(), isReady: () => true, command: ['cli/main.js', ...args] as const };
  return stopped(await ServerProcess.start(options));
}

describe('a call', () => {
  it('prints the result, with `call` or without', async () => {
    expect(
      await outcomes(
        ['call', 'add', ':=1', ':=2'],
        ['add', '1', '2'],
        ['--json', 'echo', '--value=text'],
        ['echo', '--value:={"a":[1]}'],
        ['echo', '--', '--odd'],
        ['--json', 'big'],
      ),
    ).toEqual(['3\n', '12\n', '"text"\n', '{"a":[1]}\n', '--odd\n', `{"big":${BIG},"list":[1,null]}\n`]);
  });

  it('prints what has a type or a format of its own as it is', async () => {
    expect(await outcomes(['page'], ['bytes'], ['purr'], ['--json', 'purr'])).toEqual([
      '<h1>é</h1>',
      'A\ufffd\n',
      'Kitty says purrr\n',
      '{"purr":"purrr","_format":"Kitty says %(purr)s"}\n',
    ]);
  });

  it('that fails ends with a code that says how', async () => {
    expect(
      await outcomes(
        ['fail'],
        ['refused', '403'],
        ['refused', '404'],
        ['refused', '418'],
        ['xyzzy'],
        ['statsu'],
      ),
    ).toEqual([
      [6, 'a secret of the app\n'],
      [5, 'Refused.\n'],
      [2, 'Refused.\n'],
      [3, 'Refused.\n'],
      [2, 'there is no procedure xyzzy\n'],
      [2, 'there is no procedure statsu; is the command status meant?\n'],
    ]);
  });

  it('that fails in the middle of a stream prints what came before', async () => {
    expect(await runAtUrl('late')).toMatchObject({
      code: 6,
      stdout: '{"error":"not one yet"}\n1\n',
      stderr: 'Ran out\n',
    });
  });

  it('that needs to know more ends with 3 where nobody can be asked', async () => {
    expect(await runAtUrl('login')).toMatchObject({
      code: 3,
      stdout: '',
      stderr: 'Who are you? (needs --user --password)\n',
    });
  });
});

describe('a stream', () => {
  it('is printed as it comes, and aborted within a second when the command is interrupted', async () => {
    const command = await start('trickle');
    await eventually(() => command.stdout.startsWith('0\n1\n2\n'));
    const aborted = stage.unhung.promise;
    const startedAt = performance.now();
    command.signal('SIGINT');
    await aborted;
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(await command.untilEnded()).toMatchObject({ signal: 'SIGINT', stderr: '' });
  });

  it('ends when nobody reads it any more', async () => {
    const { stdout, stderr } = await inShell('kittiwake trickle | head -1', folder, env);
    expect([stdout, stderr]).toEqual(['0\n', '']);
    await eventually(() => stage.hanging.size === 0);
  });
});

describe('on a terminal', () => {
  const onTerminal = (...args: string[]): Terminal => stopped(Terminal.start(args, env));

  it('a call asks for what has to be known, and does not show what is secret', async () => {
    const terminal = onTerminal('login');
    await terminal.shows('Your name [bob]: ');
    terminal.type('\r');
    await terminal.shows('Your password: ');
    terminal.type('wrong\r');
    await eventually(() => terminal.shown.split('Your name').length === 3);
    terminal.type('al\r');
    await eventually(() => terminal.shown.split('Your password').length === 3);
    terminal.type('hunter2\r');
    expect(await terminal.untilEnded()).toBe(0);
    expect(terminal.shown).toContain('Hello al');
    expect(terminal.shown).not.toMatch(/hunter2|wrong/);
  });

  it('a question can be refused', async () => {
    const terminal = onTerminal('login');
    await terminal.shows('Your name');
    terminal.type('\x03');
    expect(await terminal.untilEnded()).toBe(130);
  });

  it('a gateway without an API key tells the one that it has made up', async () => {
    const port = await freePort();
    const config = { services: { books: { requireAuthentication: false } } };
    const terminal = stopped(
      Terminal.start(['start'], {
        ...(await configuredIn(await mkdtemp(join(tmpdir(), 'kittiwake-cli-')), config)),
        KITTIWAKE_PORT: `${port}`,
        KITTIWAKE_OPERATORS_PORT: '0',
        KITTIWAKE_SHUTDOWN_SPREAD: '0s',
      }),
    );
    await terminal.shows('listening at');
    const [, key] = /Until the next start the API key is ([\w-]{32})/.exec(terminal.shown) ?? [];
    expect(terminal.shown.split(key!)).toHaveLength(2);
    const answer = await fetch(`http://127.0.0.1:${port}/publish`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      body: '{"subscription":"books.1","data":1}',
    });
    expect(answer.status).toBe(200);
    terminal.type('\x03');
    await terminal.untilEnded();
  });

  it('a result has colours', async () => {
    const terminal = onTerminal('big');
    expect(await terminal.untilEnded()).toBe(0);
    expect(terminal.shown).toContain(`\x1b[33m${BIG}\x1b[39m`);
  });
});

describe('help', () => {
  it('tells of commands and of procedures', async () => {
    const [all, call, big, echo, asOption, inspect, nope] = await outcomes(
      ['help'],
      ['help', 'call'],
      ['help', 'big'],
      ['help', 'echo'],
      ['big', '--help'],
      ['help', 'token', 'inspect'],
      ['help', 'nope'],
    );
    expect(all).toMatch(/^ {2}start .*Exit codes:.*Procedures of the running gateway:.*\n {2}big\n/ms);
    expect(call).toContain('--name:=JSON');
    expect([big, asOption, echo]).toEqual(['/big\n\nIs big.\n', '/big\n\nIs big.\n', '/echo <VALUE>\n']);
    expect(inspect).toContain('kittiwake token inspect');
    expect(nope).toEqual([2, 'there is no command and no procedure nope\n']);
  });

  it('needs no gateway', async () => {
    const [help, option] = await Promise.all([
      runWith({ config: {} }, 'help'),
      runWith({ config: {} }, '--help'),
    ]);
    expect([help.code, help.stdout, help.stderr]).toEqual([0, option.stdout, '']);
  });
});

describe('wrong usage', () => {
  it('ends with 1', async () => {
    const ends = await outcomes(['publish'], ['--bogus'], ['echo', '--a:={'], ['stop', '--timeout', 'x']);
    expect(ends.map(([code]) => code)).toEqual([1, 1, 1, 1]);
    expect(ends[0]![1]).toContain("missing required argument 'topic'");
  });
});

describe('the gateway', () => {
  it('is found at a URL, with a secret or a token from a file', async () => {
    const token = join(folder, 'token');
    await writeFile(token, rpcToken());
    const { httpUrl } = stage.gateway;
    const ends = await Promise.all([
      run('--url', httpUrl, 'ping'),
      run('--url', httpUrl, 'status'),
      run('--url', `${httpUrl}/rpc/`, '--secret-file', token, 'whoami'),
      run('--url', `${httpUrl}/rpc/${SECRET}`, 'call', 'add', ':=1', ':=2'),
      run('--secret-file', token, '--url', httpUrl, 'status'),
    ]);
    expect(ends.map(({ code, stdout, stderr }) => [code, stdout + stderr])).toEqual([
      [0, expect.stringMatching(/^Pong \([\d.]+ ms\)\n$/)],
      [5, 'no access to status: the service secret, or a token, is missing or wrong\n'],
      [0, '{"user_id":1}\n'],
      [0, '3\n'],
      [2, 'there is no procedure status\n'],
    ]);
  });

  it('reads its secret from standard input', async () => {
    const args = ['--url', stage.gateway.httpUrl, '--secret-file', '-', 'status', '--json'];
    const { stdout } = await runWith({ input: `${SECRET}\n` }, ...args);
    expect(JSON.parse(stdout)).toMatchObject({ pid: process.pid, state: 'ready' });
  });

  it('is found on the main port of the configuration', async () => {
    const { port } = stage.gateway;
    const end = await ServerProcess.run({
      config: { procedures: { secret: SECRET } },
      env: { KITTIWAKE_PORT: `${port}` },
      command: ['cli/main.js', 'status'],
    });
    expect(end).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Process ${process.pid} is ready`),
    });
  });

  it('is found in its state directory', async () => {
    expect(await run('purr')).toMatchObject({ code: 0, stdout: 'Kitty says purrr\n', stderr: '' });
  });

  it('may not be running, or break off', async () => {
    const broken = createServer((socket) => socket.once('data', () => socket.destroy()));
    await once(broken.listen(0, '127.0.0.1'), 'listening');
    stopped({ stop: () => broken.close() });
    const { port } = broken.address() as AddressInfo;
    const [absent, nowhere, cut] = await Promise.all([
      runWith({ config: { procedures: { local: { stateDir: join(folder, 'none') } } } }, 'ping'),
      run('--url', 'http://127.0.0.1:1', 'ping'),
      run('--url', `http://127.0.0.1:${port}`, 'ping'),
    ]);
    expect([absent.code, absent.stderr]).toEqual([
      1,
      expect.stringMatching(/^no gateway is running: .*none/),
    ]);
    expect([nowhere.code, nowhere.stderr]).toEqual([1, 'no gateway is running at http://127.0.0.1:1\n']);
    expect([cut.code, cut.stderr]).toEqual([4, expect.stringContaining('is broken')]);
  });

  it('takes an API key from a file, where the configuration has but the hash that was made with it', async () => {
    const made = await runWith({ config: {} }, '--json', 'key');
    const { key, hash } = JSON.parse(made.stdout) as { key: string; hash: string };
    const gateway = stopped(await TestGateway.start({ services: SERVICES, publish: { apiKeys: [hash] } }));
    const publishing = (...options: string[]): Promise<ProcessEnd> =>
      ServerProcess.run({
        config: { services: SERVICES, publish: { apiKeys: [hash] } },
        env: { KITTIWAKE_PORT: `${gateway.port}` },
        input: key,
        command: ['cli/main.js', ...options, 'publish', 'books.1', '1'],
      });
    const [published, without] = await Promise.all([publishing('--secret-file', '-'), publishing()]);
    expect([published.code, published.stdout]).toEqual([0, 'Published.\n']);
    expect([without.code, without.stderr]).toEqual([5, expect.stringContaining('--secret-file')]);
  });

  it('without procedures takes what its endpoints take', async () => {
    const services = { ...SERVICES, kept: { requireAuthentication: false, history: {} } };
    const gateway = stopped(await TestGateway.start({ services }));
    const args = (...words: string[]): Promise<ProcessEnd> =>
      ServerProcess.run({
        config: { services: SERVICES, publish: { apiKeys: [API_KEY] } },
        env: {
          KITTIWAKE_PORT: `${gateway.port}`,
          KITTIWAKE_OPERATORS_PORT: new URL(gateway.operatorsUrl).port,
        },
        command: ['cli/main.js', ...words],
      });
    const ends = await Promise.all([
      args('ping'),
      args('status'),
      args('publish', 'books.1', '1', '--order', '5'),
      args('publish', 'nope.1', '1'),
      args('stop'),
      args('publish', 'kept.1', '1', '--idempotency-key', 'k'),
      args('disconnect', '--identity', 'ann'),
      args('unsubscribe', '--room', '{"room":1}'),
      args('revoke', '--token-id', 'x'),
      args('--json', 'connections', '--identity-json', '7', '--limit', '1', '--subscriptions'),
      args('connections', '--limit', '0'),
      args('presence', 'seen.1'),
      args('--json', 'topics', '--find', 'x'),
      args('tail', '--topic', 'nope.1'),
    ]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 3, 0, 0, 3]);
    expect(JSON.parse(ends[12].stdout)).toMatchObject({ items: [], at_least: 0, complete: true });
    expect(ends[13].stderr).toContain('nope.1 is not <service>.<topic> of a configured service');
    expect(JSON.parse(ends[9].stdout)).toMatchObject({ connections: [], total: 0, complete: true });
    expect(ends[11].stdout).toBe('0 present: []\n');
    expect([ends[6].stdout, ends[7].stdout]).toEqual(['Disconnected 0.\n', 'Ended 0.\n']);
    expect(ends[5].stdout).toMatch(/^Published at \S+\.\n$/);
    expect(ends[1].stdout).toBe('The gateway is ready.\n');
    expect(ends[2].stdout).toBe('Published.\n');
    expect(ends[4].stderr).toContain('without the section procedures');
  });
});

describe('publish and listen', () => {
  it('bring what is published to who listens', async () => {
    const both = await start('listen', 'books.1', 'desks.1');
    const json = await start('--json', 'listen', 'books.1');
    await eventually(async () => (await channelsOf()) === 2);
    const { code } = await runWith({ input: `{"big":${BIG}}` }, 'publish', 'books.1', '-');
    await stage.gateway.publish({ subscription: 'desks.1', data: 'x' });
    expect(code).toBe(0);
    await eventually(() => both.stdout.split('\n').length === 3 && json.stdout.endsWith('\n'));
    expect(both.stdout).toMatch(new RegExp(`^\\S+Z books\\.1 {"big":${BIG}}\\n\\S+Z desks\\.1 "x"\\n$`));
    expect(JSON.parse(json.stdout)).toMatchObject({
      subscription: 'books.1',
      received_at: expect.any(String),
    });
  });

  const channelsOf = async (): Promise<unknown> => {
    const { Hub } = await import('../src/delivery/hub.js');
    return stage.gateway.app.get(Hub).channelCount;
  };
});

describe('topics, tail and top', () => {
  it('show what the gateway carries, and what comes', async () => {
    const client = await TestClient.connect(stage.gateway.url);
    await client.ask({ event: 'auth', method: 'jwt', token: rpcToken() });
    await client.ask({ event: 'subscribe', subscription: 'desks.7' });
    const tail = await start('tail', '--topic', 'desks.7', '--data');
    await eventually(() => tail.stdout.includes('begin'));
    await stage.gateway.publish({ subscription: 'desks.7', data: { big: 1, token: 'x' } });
    await eventually(() => tail.stdout.split('\n').length === 3);
    expect(tail.stdout).toMatch(/^begin \{\}\n\S+Z desks\.7 \{"big":1,"token":"\*\*\*"\}\n$/);
    const [topics, wrong, top] = await Promise.all([
      run('topics', '--find', 'desks'),
      run('topics', '--limit', '0'),
      run('top'),
    ]);
    client.drop();
    expect(topics.stdout).toMatch(/^SUBSCRIBERS +PUB\/S +NODES +NAME\n +1 +\S+ +1 +desks\.7\n$/);
    expect([wrong.code, wrong.stderr]).toEqual([3, expect.stringContaining('limit must be')]);
    expect(top.stdout).toMatch(
      /^NODE +STATE.*\n\S+-[\da-f]{8} +ready .* \d+% +\d+% +\d+ ms +\d+ MiB\n\nSUBSCRIBERS/,
    );
  });
});

describe('presence', () => {
  it('says who is present in a topic', async () => {
    const client = await TestClient.connect(stage.gateway.url);
    await client.ask({ event: 'auth', method: 'jwt', token: rpcToken() });
    await client.ask({ event: 'subscribe', subscription: 'seen.1' });
    const ends = [
      await run('presence', 'seen.1'),
      await run('--json', 'presence', 'seen.1', '--limit', '0'),
      await run('presence', 'books.1'),
      await run('presence'),
    ];
    client.drop();
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 3, 3]);
    expect(ends[0]!.stdout).toMatch(/^1 present: .*1/);
    expect(JSON.parse(ends[1]!.stdout)).toMatchObject({ status: 'ok', count: 1 });
  });
});

describe('disconnect and unsubscribe', () => {
  it('say how many, by every way to select them', async () => {
    const client = await TestClient.connect(stage.gateway.url, ['kittiwake.v1.json']);
    await client.ask({ event: 'auth', method: 'jwt', token: rpcToken() });
    expect(await client.ask({ event: 'subscribe', subscription: 'desks.1' })).toHaveProperty('status', 'ok');
    const none = ['--identity-json', '7', '--token-id', 't', '--connection', 'c', '--topic', 'desks.1'];
    const ends = [
      await run('disconnect', ...none),
      await run('disconnect', '--room', '{'),
      await run('unsubscribe', '--topic', 'desks.1'),
      await run(
        '--json',
        'disconnect',
        '--connection',
        (await client.greeting()).connection_id as string,
        '--reconnect',
      ),
      await run('disconnect'),
      await run('revoke', '--identity', 'ann', '--issued-until', '1', '--ttl', '60'),
      await run('--json', 'connections', '--topic', 'desks.1', '--node', 'nowhere', '--limit', '5'),
      await run('revoke', '--topic', 'x'),
      await run('revoke', '--token-id', 'x', '--ttl', '-1'),
    ];
    expect(ends.map(({ code }) => code)).toEqual([0, 1, 0, 0, 3, 0, 0, 1, 3]);
    expect(JSON.parse(ends[6]!.stdout)).toMatchObject({ complete: false });
    expect(ends[5]!.stdout).toBe('Revoked. Disconnected 0.\n');
    expect([ends[0]!.stdout, ends[2]!.stdout]).toEqual(['Disconnected 0.\n', 'Ended 1.\n']);
    expect(JSON.parse(ends[3]!.stdout)).toMatchObject({ disconnected: 1, complete: true });
    expect(await client.untilClosed()).toHaveProperty('code', 1012);
    expect(ends[4]!.stderr).toContain('say which clients');
  });
});

describe('config', () => {
  it('shows what can be changed, but never the secret, and changes it', async () => {
    const all = await runAtUrl('config');
    expect(all.stdout).toMatch(/^worker_name=kittiwake\nworker_secret=\*\*\*$/m);
    expect(all.stdout).not.toContain(SECRET);
    const key = 'worker_use_msgpack';
    for (const [args, text] of [
      [[key, 'false'], 'false\n'],
      [[key], 'false\n'],
      [[key, '--reset'], 'true\n'],
    ] as const)
      expect(await outcomes(['config', ...args])).toEqual([text]);
  });
});

describe('token', () => {
  const jwt = {
    algorithms: ['HS256'],
    secret: 'a-key-of-tokens-that-nobody-guesses',
    fields: { user_id: 'sub' },
    audience: 'desk',
  };

  it('makes what the configuration accepts, and inspects it', async () => {
    const options = { config: { auth: { jwt } } };
    const made = await runWith(options, 'token', 'make', '--claim', 'sub=me', '--claim', `n:=${BIG}`);
    const inspected = await runWith({ ...options, input: made.stdout }, 'token', 'inspect', '-');
    expect([inspected.code, inspected.stderr]).toEqual([0, '']);
    expect(inspected.stdout).toContain(`"n":${BIG}`);
    expect(JSON.parse(inspected.stdout)).toMatchObject({
      header: { alg: 'HS256' },
      claims: { sub: 'me', aud: 'desk' },
      accepted: true,
      identity: { user_id: 'me' },
    });
  });

  it('says why one is not accepted', async () => {
    const [expired, none, missing] = await Promise.all([
      runWith(
        { config: { auth: { jwt } } },
        'token',
        'inspect',
        rpcToken({ sub: 'me', exp: 1 }, { key: jwt.secret }),
      ),
      runWith({ config: { auth: { jwt } }, input: 'nonsense' }, 'token', 'inspect', '-'),
      runWith({ config: { auth: { jwt } } }, 'token', 'make'),
    ]);
    expect(JSON.parse(expired.stdout)).toMatchObject({
      accepted: false,
      reason: expect.stringContaining('exp'),
    });
    expect([expired.code, none.code, missing.code]).toEqual([5, 5, 1]);
    expect(missing.stderr).toContain('--claim sub=... is missing');
  });

  it('makes none for ever, unless those are accepted', async () => {
    const make = ['token', 'make', '--claim', 'sub=me', '--expires', '0s'];
    const [refused, made] = await Promise.all([
      runWith({ config: { auth: { jwt } } }, ...make),
      runWith({ config: { auth: { jwt: { ...jwt, requireExpiry: false } } } }, ...make),
    ]);
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain('give a duration such as 15m, or set auth.jwt.requireExpiry: false');
    const [, payload] = made.stdout.split('.');
    expect([made.code, JSON.parse(Buffer.from(payload!, 'base64url').toString())]).toEqual([
      0,
      { iat: expect.any(Number), sub: 'me', aud: 'desk' },
    ]);
  });

  it('signs with a private key, whose public one is fetched', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const keyFile = join(folder, 'key.pem');
    await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const app = stopped(await StubApp.start());
    app.answer('/jwks', {
      body: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256' }] },
    });
    const options = { config: { auth: { jwt: { algorithms: ['RS256'], jwksUrl: `${app.url}/jwks` } } } };
    const made = await runWith(
      options,
      ...'token make --claim sub=me --key-id k1 --key-file'.split(' '),
      keyFile,
    );
    const inspected = await runWith({ ...options, input: made.stdout }, 'token', 'inspect', '-');
    expect(JSON.parse(inspected.stdout)).toMatchObject({ header: { kid: 'k1' }, accepted: true });
  });
});

describe('completion', () => {
  it('gives bash commands, procedures and their parameters', async () => {
    const words = ['kittiwake sta', 'kittiwake bi', 'kittiwake login --', 'kittiwake token m'];
    const script = `
      eval "$(kittiwake completion bash)"
      for line in ${words.map((line) => `'${line}'`).join(' ')}; do
        COMP_WORDS=($line) COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
        _kittiwake 2>/dev/null; echo "\${COMPREPLY[@]}"
      done`;
    const { stdout } = await inShell(script, folder, env);
    expect(stdout.split('\n')).toEqual(['start status', 'big', '--user= --password=', 'make', '']);
  });
});

describe('a gateway of its own', () => {
  it('is started in the background, replaced and stopped', async () => {
    const own = join(folder, 'own');
    await mkdir(own);
    const config = { server: { port: await freePort() }, procedures: { local: { stateDir: own } } };
    stopped({
      stop: async () => kill(Number(await readFile(join(own, 'kittiwake.pid'), 'utf8').catch(() => 0))),
    });
    const commands = ['start --background', 'status', 'restart', 'status', 'stop', 'ping'];
    const script = commands.map((command) => `kittiwake --json ${command} || echo $?`).join('\n');
    const { stdout, stderr } = await inShell(script, own, await configuredIn(own, config));
    const [started, status, restarted, again, ended, code] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const [first, second] = [started!.pid, restarted!.pid];
    expect(first).not.toBe(second);
    expect([status, restarted, again, ended, code]).toEqual([
      expect.objectContaining({ pid: first, state: 'ready' }),
      { pid: second, before: first },
      expect.objectContaining({ pid: second, state: 'ready' }),
      { pid: second },
      1,
    ]);
    expect(stderr).toMatch(/^no gateway is running: .*\n$/);
    expect(await readFile(join(own, 'kittiwake.log'), 'utf8')).toContain('takes over');
  }, 60_000);

  it('may have worker processes', async () => {
    const config = { server: { workers: 2 }, procedures: { local: { stateDir: folder, worker: 'workers' } } };
    const startTimeoutMs = 30_000; // several whole processes start before one takes connections
    const gateway = stopped(
      await ServerProcess.start({ config, command: ['cli/main.js', 'start'], startTimeoutMs }),
    );
    const { stdout } = await runWith({ config }, '--json', 'status');
    const { pid, worker } = JSON.parse(stdout) as Record<string, number>;
    expect(worker).not.toBe(pid);
    expect(await runWith({ config }, 'stop')).toMatchObject({ stdout: `Process ${pid} has ended.\n` });
    expect(await gateway.untilEnded()).toMatchObject({ code: 0, stderr: '' });
  }, 60_000);

  it('that cannot start in the background says why', async () => {
    const options = {
      config: {
        procedures: { local: { stateDir: folder, worker: 'own' } },
        broker: { kind: 'redis', redis: { url: 'redis://127.0.0.1:1' } },
      },
    };
    const { code, stderr } = await runWith(options, 'start', '--background');
    expect([code, stderr]).toEqual([
      6,
      expect.stringMatching(/^the gateway has ended \(code 1\):\n.*redis/is),
    ]);
  });
});

function kill(pid: number): void {
  if (pid === 0) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended, as it should
  }
}
