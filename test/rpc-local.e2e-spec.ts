import { once } from 'node:events';
import {
  chmod,
  chown,
  mkdtemp,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import type { NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import type { KittiwakeOptions } from '../src/config/options.js';
import { LocalServer } from '../src/rpc/local/local-server.js';
import { StateError } from '../src/rpc/local/state-error.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { Chance } from './support/chance.js';
import { RawHttp, type RawAnswer, type RawRequest, requestBytes } from './support/raw-http.js';
import { procedureOf, RpcStage } from './support/rpc.js';
import { eventually } from './support/wait.js';

const SECRET = 'SECRET-OF-KITTENS';
const WORKER = 'Kitty';
/** Lines of the genuine client end in bare line feeds, and it sends no Host. */
const LF = '\n';

const stopped = stoppedAfterEach();

type LocalOptions = NonNullable<NonNullable<KittiwakeOptions['procedures']>['local']>;

/** A gateway with procedures for programs of the same user, and a folder for its state. */
class LocalStage extends RpcStage {
  folder = '';
  secret: string | undefined = SECRET;

  static async start(local: LocalOptions = {}, options: KittiwakeOptions = {}): Promise<LocalStage> {
    const stage = stopped(new LocalStage());
    stage.folder = await mkdtemp(join(tmpdir(), 'kittiwake-local-'));
    await stage.startIn(stage.folder, local, options);
    return stage;
  }

  async startIn(stateDir: string, local: LocalOptions = {}, options: KittiwakeOptions = {}): Promise<void> {
    this.folder = stateDir;
    await this.start({
      ...options,
      procedures: {
        ...(this.secret !== undefined && { secret: this.secret }),
        ...options.procedures,
        local: { stateDir, worker: WORKER, ...local },
      },
    });
    this.add(
      procedureOf('public', (call) => ({ peer: call.origin.http?.peer, authed: call.isAuthenticated }), {
        access: 'public',
      }),
    );
  }

  file(extension: string): string {
    return join(this.folder, `${WORKER}.${extension}`);
  }

  override url(): string {
    return `${this.gateway.url}/rpc`;
  }

  async port(): Promise<number> {
    return Number(new URL(await readFile(this.file('url'), 'utf8')).port);
  }

  async addressOf(over: 'tcp' | 'unix'): Promise<NetConnectOpts> {
    return over === 'unix' ? { path: this.file('sock') } : { port: await this.port(), host: '127.0.0.1' };
  }

  async ask(over: 'tcp' | 'unix', request: RawRequest): Promise<RawAnswer> {
    const client = stopped(await RawHttp.connect(await this.addressOf(over)));
    const answer = await client.request(request).answer();
    await client.untilEnded();
    return answer;
  }

  override async stop(): Promise<void> {
    await super.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function bodyOf({ body }: RawAnswer): unknown {
  return JSON.parse(body.toString());
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

describe.each(['tcp', 'unix'] as const)('over %s', (over) => {
  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
  ])('a call is answered in the line ending it came with: %s', async (_name, lineEnd) => {
    const stage = await LocalStage.start({ port: 0 });
    const body = JSON.stringify({ _args: [1, 2] });
    const headers = { 'Content-Type': 'application/json' };
    const answer = await stage.ask(over, { path: `/${SECRET}/add`, headers, body, lineEnd });
    expect(answer).toMatchObject({ status: 200, lineEnd, statusLine: 'HTTP/1.1 200 OK' });
    expect(answer.headers).toMatchObject({ 'Content-Type': 'application/json', Connection: 'close' });
    expect(Number(answer.headers['Content-Length'])).toBe(answer.body.length);
    expect(bodyOf(answer)).toBe(3);
  });

  it('a procedure knows where its caller is', async () => {
    const stage = await LocalStage.start({ port: 0 });
    const answer = await stage.ask(over, { path: '/public', lineEnd: LF });
    const peer = over === 'unix' ? 'unix-domain' : expect.stringMatching(/^127\.0\.0\.1:\d+$/);
    expect(bodyOf(answer)).toEqual({ peer, authed: false });
  });

  it('private procedures need the secret, in the path or in any header', async () => {
    const stage = await LocalStage.start({ port: 0 });
    const ask = (path: string, headers: Record<string, string> = {}): Promise<RawAnswer> =>
      stage.ask(over, { path, headers, lineEnd: LF });
    expect(await ask('/service')).toMatchObject({ status: 403, statusLine: 'HTTP/1.1 403 Access Denied' });
    expect(await ask(`/${SECRET}/service`)).toMatchObject({ status: 200 });
    expect(await ask('/service', { 'X-Anything': `it is ${SECRET}.` })).toMatchObject({ status: 200 });
    expect(await ask('/service', { 'X-Anything': SECRET.toLowerCase() })).toMatchObject({ status: 403 });
    expect(await ask(`/rpc/${SECRET}/service`)).toMatchObject({ status: 404 });
  });

  it('a stream comes in chunks as it is produced', async () => {
    const stage = await LocalStage.start({ port: 0 });
    const body = JSON.stringify({ _args: [3] });
    const headers = { 'Content-Type': 'application/json' };
    const answer = await stage.ask(over, { path: `/${SECRET}/count`, headers, body, lineEnd: LF });
    expect(answer).toMatchObject({ lineEnd: LF, isTerminated: true });
    expect(answer.chunks.map(String)).toEqual(['0\n', '1\n', '2\n']);
  });

  it.each(['hang', 'trickle'])('a call ends within a second when its caller goes away: %s', async (name) => {
    const stage = await LocalStage.start({ port: 0 });
    const client = stopped(await RawHttp.connect(await stage.addressOf(over)));
    client.request({ method: 'POST', path: `/${SECRET}/${name}`, lineEnd: LF });
    await eventually(() => stage.hanging.size === 1);
    const leftAt = performance.now();
    client.stop();
    await eventually(() => stage.hanging.size === 0);
    expect(performance.now() - leftAt).toBeLessThan(1_000);
  });

  it('a malformed request is told so, and tells nothing', async () => {
    const stage = await LocalStage.start({ port: 0 });
    const client = stopped(await RawHttp.connect(await stage.addressOf(over)));
    const answer = await client.send(`meow ${SECRET}\n\n`).answer();
    expect(answer).toMatchObject({ statusLine: 'HTTP/1.1 400 Invalid Request', lineEnd: LF });
    expect(bodyOf(answer)).toEqual({ error: 'Invalid Request' });
  });

  it('a request is limited in size', async () => {
    const stage = await LocalStage.start({ port: 0 });
    const client = stopped(await RawHttp.connect(await stage.addressOf(over)));
    client.send(`POST /${SECRET}/echo HTTP/1.1\nContent-Length: 2000000\n\n`).send('x'.repeat(2_000_000));
    const answer = await client.answer();
    expect(answer).toMatchObject({ statusLine: 'HTTP/1.1 500 Internal Error', lineEnd: LF });
    expect(bodyOf(answer)).toEqual({ error: 'Request too large' });
  });

  it('a header that does not come in time is dropped without an answer', async () => {
    const stage = await LocalStage.start({ port: 0, headerTimeout: '100ms' });
    const client = stopped(await RawHttp.connect(await stage.addressOf(over)));
    client.send('GET /ping HTTP/1.1\n');
    await client.untilEnded();
    expect(client.socket.bytesRead).toBe(0);
  });

  it('a body that does not come in time is dropped', async () => {
    const stage = await LocalStage.start({ port: 0 }, { procedures: { http: { bodyTimeout: '100ms' } } });
    const client = stopped(await RawHttp.connect(await stage.addressOf(over)));
    client.send(`POST /${SECRET}/echo HTTP/1.1\nContent-Type: application/json\nContent-Length: 9\n\n{`);
    await client.untilEnded();
  });

  it('a file descriptor is refused, where none may be passed, with the error of the protocol', async () => {
    const stage = await LocalStage.start({ port: 0, descriptorsPerRequest: 0 });
    const headers = { 'Content-Type': 'application/json' };
    for (const given of [
      { _args: ['_FD_BRE_MAGIC_-r'] },
      { _args: ['_SO_BRE_MAGIC_-2-1-0'] },
      { reply_to_first_fd: 1 },
    ]) {
      const body = JSON.stringify(given);
      const answer = await stage.ask(over, { path: `/${SECRET}/echo`, headers, body, lineEnd: LF });
      expect([answer.status, bodyOf(answer)]).toMatchObject([
        500,
        { error: 'Cannot send file descriptors over TCP' },
      ]);
    }
  });
});

describe('a state folder that is not for this user alone', () => {
  it.each([0o777, 0o1777, 0o770, 0o702])('stops the start: mode %o', async (mode) => {
    const folder = await mkdtemp(join(tmpdir(), 'kittiwake-local-'));
    await chmod(folder, mode);
    const stage = new LocalStage();
    const started = stage.startIn(folder);
    await expect(started).rejects.toThrow(`others may write to the folder ${folder}: chmod go-w ${folder}`);
    expect(await readdir(folder)).toEqual([]);
  });

  it('stops the start when it is of another user', async () => {
    const own = process.getuid?.();
    const folder = own === 0 ? await mkdtemp(join(tmpdir(), 'kittiwake-local-')) : '/usr'; // of root
    if (own === 0) await chown(folder, 65_534, 65_534);
    const owner = own === 0 ? 65_534 : 0;
    const stage = new LocalStage();
    await expect(stage.startIn(folder)).rejects.toThrow(`belongs to another user (${owner}, not ${own})`);
  });
});

describe('the state folder', () => {
  it('is made for its user only, with the address, the secret, the socket and the process', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'kittiwake-state-'));
    stopped({ stop: () => rm(parent, { recursive: true }) });
    const stage = stopped(new LocalStage());
    await stage.startIn(join(parent, 'a', 'b'), { port: 0 });
    expect(await modeOf(stage.folder)).toBe('700');
    expect((await readdir(stage.folder)).toSorted()).toEqual(['Kitty.pid', 'Kitty.sock', 'Kitty.url']);
    for (const extension of ['url', 'sock', 'pid']) expect(await modeOf(stage.file(extension))).toBe('600');
    expect(await readFile(stage.file('url'), 'utf8')).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/SECRET-OF-KITTENS$/,
    );
    expect(await readFile(stage.file('pid'), 'utf8')).toBe(`${process.pid}\n`);
  });

  it('names no port where there is none', async () => {
    const stage = await LocalStage.start();
    expect(await readFile(stage.file('url'), 'utf8')).toBe('http://unix-domain:0/SECRET-OF-KITTENS');
    expect(await stage.ask('unix', { path: '/public', lineEnd: LF })).toMatchObject({ status: 200 });
  });

  it('has the path that all others begin with, and nothing is served beside it', async () => {
    const stage = await LocalStage.start({ path: '/kittens/one', port: 0 });
    expect(await readFile(stage.file('url'), 'utf8')).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/kittens\/one\/SECRET-OF-KITTENS$/,
    );
    for (const over of ['tcp', 'unix'] as const) {
      const statuses = await Promise.all(
        ['/kittens/one/public', `/kittens/one/${SECRET}/service`, '/public', '/kittens/onepublic', '/'].map(
          async (path) => (await stage.ask(over, { path, lineEnd: LF })).status,
        ),
      );
      expect(statuses).toEqual([200, 200, 404, 404, 404]);
    }
  });

  it('has no socket where none is wanted', async () => {
    const stage = await LocalStage.start({ socket: false, port: 0 });
    expect((await readdir(stage.folder)).toSorted()).toEqual(['Kitty.pid', 'Kitty.url']);
    expect(await stage.ask('tcp', { path: '/public', lineEnd: LF })).toMatchObject({ status: 200 });
  });

  it('has a random secret where none is set', async () => {
    const stage = stopped(new LocalStage());
    stage.secret = undefined;
    await stage.startIn(await mkdtemp(join(tmpdir(), 'kittiwake-local-')));
    const [, secret] = /^http:\/\/unix-domain:0\/([\w-]{24})$/.exec(
      await readFile(stage.file('url'), 'utf8'),
    )!;
    expect(await stage.ask('unix', { path: `/${secret}/service`, lineEnd: LF })).toMatchObject({
      status: 200,
    });
  });

  it('is empty again when the gateway has stopped', async () => {
    const stage = await LocalStage.start({ port: 0 });
    await stage.gateway.stop();
    expect(await readdir(stage.folder)).toEqual([]);
  });

  it('keeps a mode that somebody gave it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kittiwake-state-'));
    await chmod(folder, 0o750);
    const stage = stopped(new LocalStage());
    await stage.startIn(folder);
    expect(await modeOf(folder)).toBe('750');
    expect(await modeOf(stage.file('sock'))).toBe('600');
  });

  it('takes the place of what a dead process has left', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kittiwake-state-'));
    const script = `require('net').createServer().listen('${folder}/Kitty.sock', () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', script]), 'exit');
    await writeFile(join(folder, 'Kitty.url'), 'http://127.0.0.1:1/old');
    await writeFile(join(folder, 'Kitty.pid'), '1\n');
    expect((await readdir(folder)).toSorted()).toEqual(['Kitty.pid', 'Kitty.sock', 'Kitty.url']);
    const stage = stopped(new LocalStage());
    await stage.startIn(folder);
    expect(await stage.ask('unix', { path: '/public', lineEnd: LF })).toMatchObject({ status: 200 });
    expect(await modeOf(stage.file('url'))).toBe('600');
  });

  it('is not taken from a process that runs', async () => {
    const stage = await LocalStage.start();
    const second = new LocalStage();
    const refused: unknown = await second.startIn(stage.folder).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StateError);
    expect(refused).toMatchObject({
      message: `${stage.file('sock')} is the socket of another process that runs`,
    });
    expect((await readdir(stage.folder)).toSorted()).toEqual(['Kitty.pid', 'Kitty.sock', 'Kitty.url']);
    expect(await stage.ask('unix', { path: '/public', lineEnd: LF })).toMatchObject({ status: 200 });
  });

  it('is left alone by a process that another has replaced', async () => {
    const stage = await LocalStage.start();
    await writeFile(stage.file('pid'), '1\n');
    await stage.gateway.stop();
    expect((await readdir(stage.folder)).toSorted()).toEqual(['Kitty.pid', 'Kitty.sock', 'Kitty.url']);
  });

  it.each([
    [
      'too long for a socket',
      'x'.repeat(100),
      /^the path of the socket is too long \(1\d\d bytes, at most 10\d\)/,
    ],
    ['a link to nowhere', 'link', /^the folder .+link cannot be made: /],
  ])('cannot be one that is %s, which is told in a line', async (_what, name, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'kittiwake-state-'));
    stopped({ stop: () => rm(folder, { recursive: true }) });
    await symlink('nowhere/at/all', join(folder, 'link'));
    const refused: unknown = await new LocalStage()
      .startIn(join(folder, name))
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StateError);
    expect((refused as Error).message).toMatch(message);
    expect((refused as Error).message).not.toContain('\n');
  });
});

describe('a gateway', () => {
  it('without procedures, or without a place for them, has neither port nor socket', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kittiwake-state-'));
    await mkdir(join(folder, 'empty'));
    stopped({ stop: () => rm(folder, { recursive: true }) });
    const stage = stopped(new RpcStage());
    await stage.start({ procedures: {} });
    expect(stage.gateway.app.get(LocalServer)).toBeInstanceOf(LocalServer);
    expect(await readdir(join(folder, 'empty'))).toEqual([]);
  });

  it('that stops answers the calls that it has', async () => {
    const stage = await LocalStage.start({ port: 0 });
    const clients = await Promise.all(
      (['tcp', 'unix'] as const).map(async (over) =>
        stopped(await RawHttp.connect(await stage.addressOf(over))),
      ),
    );
    let running = 0;
    stage.add(
      procedureOf('slow', () => new Promise((resolve) => (running++, setTimeout(resolve, 200, 'done')))),
    );
    for (const client of clients) client.request({ method: 'POST', path: `/${SECRET}/slow`, lineEnd: LF });
    await eventually(() => running === 2);
    await stage.gateway.stop();
    for (const client of clients) expect(bodyOf(await client.answer())).toBe('done');
  });
});

describe('10,000 requests with random faults', () => {
  const COUNT = 10_000;
  const AT_A_TIME = 200;
  const JSON_TYPE = { 'Content-Type': 'application/json' };
  const TELLING = ['\n', '\r', '\r\n', '\n\n', '\0', ':', ' ', '/', '-1', 'ffffffff', '{', '"', '\x80', 'ð'];

  /** What is changed at random. */
  function templates(): Buffer[] {
    const body = JSON.stringify({ _args: [1, 2] });
    const chunked = { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' };
    const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const requests: RawRequest[] = [
      { path: '/public' },
      { path: `/${SECRET}/add`, headers: JSON_TYPE, body },
      { path: `/${SECRET}/count`, headers: JSON_TYPE, body: '{"n": 3}' },
      { path: '/add', headers: { ...chunked, 'X-Secret': SECRET }, body: chunks },
      {
        path: `/${SECRET}/echo`,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: 'value=1',
      },
      { path: `/${SECRET}/echo`, headers: { Expect: '100-continue' }, body: '{"value": 7}' },
    ];
    return requests.flatMap((request) =>
      ['\n', '\r\n'].map((lineEnd) => requestBytes({ ...request, lineEnd })),
    );
  }

  it('are each answered or dropped, and harm nobody', async () => {
    const options = { procedures: { http: { bodyTimeout: '100ms' } } };
    const stage = await LocalStage.start({ port: 0, headerTimeout: '100ms' }, options);
    const addresses = await Promise.all((['tcp', 'unix'] as const).map((over) => stage.addressOf(over)));
    const chance = new Chance(4);
    const bytes = templates();
    const tally = { answered: 0, dropped: 0 };
    let left = COUNT;

    async function send(): Promise<void> {
      const request = chance.damaged(bytes[left % bytes.length]!, TELLING);
      const client = await RawHttp.connect(addresses[left % addresses.length]!);
      const cut = chance.below(request.length);
      const pieces = chance.below(2) === 0 ? [request] : [request.subarray(0, cut), request.subarray(cut)];
      for (const piece of pieces) client.send(piece);
      if (chance.below(3) === 0) client.socket.end();
      await client.untilEnded();
      client.stop();
      const text = client.text;
      expect(text).toMatch(/^(?:$|HTTP\/1\.1 (?:100|[2-5]\d\d) )/);
      tally[text === '' ? 'dropped' : 'answered']++;
    }

    async function sendMany(): Promise<void> {
      while (left-- > 0) await send();
    }

    await Promise.all(Array.from({ length: AT_A_TIME }, sendMany));
    expect(tally.answered + tally.dropped).toBe(COUNT);
    expect(tally.answered).toBeGreaterThan(COUNT / 2);
    expect(await stage.ask('tcp', { path: '/public', lineEnd: LF })).toMatchObject({ status: 200 });
    expect(await stage.ask('unix', { path: '/public', lineEnd: LF })).toMatchObject({ status: 200 });
  }, 120_000);
});
