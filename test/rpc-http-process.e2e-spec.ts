import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUILD_TIMEOUT_MS, ensureBuilt, ServerProcess } from './support/server-process.js';
import { RawHttp, type RawAnswer } from './support/raw-http.js';
import { freePort } from './support/redis-server.js';
import { eventually } from './support/wait.js';

const SECRET = 'a-secret-of-services';
const LF = '\n';

beforeAll(ensureBuilt, BUILD_TIMEOUT_MS);

describe('a gateway that is told to quit', () => {
  it('says goodbye and ends, without an error and without a trace of the secret', async () => {
    const server = await ServerProcess.start({
      config: { procedures: { secret: SECRET }, log: { level: 'debug' }, shutdown: { spread: '0s' } },
    });
    const answer = await fetch(`${server.httpUrl}/rpc/${SECRET}/quitquitquit`);
    expect(await answer.json()).toBe('Goodbye forever');
    const { code, stdout, stderr } = await server.untilEnded();
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain(SECRET);
  });
});

describe('a gateway whose socket cannot be placed', () => {
  it('says so in a line, and leaves what stands there alone', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'kittiwake-state-'));
    await mkdir(join(stateDir, 'Kitty.sock'));
    const local = { stateDir, worker: 'Kitty' };
    const { code, stderr } = await ServerProcess.run({ config: { procedures: { secret: SECRET, local } } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Kittiwake cannot start: .*Kitty\.sock cannot be written: .*\n$/);
    expect(await readdir(stateDir)).toEqual(['Kitty.sock']);
    await rm(stateDir, { recursive: true });
  });
});

describe('the fixture for suites of Kettlingar', () => {
  it('answers over its port and its socket, and leaves nothing behind', async () => {
    const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'kittiwake-fixture-'))];
    const path = fileURLToPath(new URL('fixtures/kettlingar', import.meta.url));
    const env = { ...process.env, KITTEN_PORT: `${port}`, KITTEN_DIR: folder, KITTEN_SECRET: SECRET };
    const child = spawn(process.execPath, [path], { env, stdio: 'ignore' });
    const ended = once(child, 'exit');
    const ask = async (address: { port: number } | { path: string }, name: string): Promise<RawAnswer> => {
      const client = await RawHttp.connect(address);
      client.request({ path: `/${SECRET}/${name}`, lineEnd: LF });
      return client.answer().finally(() => client.stop());
    };
    try {
      await eventually(() => ask({ port }, 'ping'), { timeoutMs: 15_000 });
      expect((await readdir(folder)).toSorted()).toEqual(['Kitty.pid', 'Kitty.sock', 'Kitty.url']);
      for (const address of [{ port }, { path: join(folder, 'Kitty.sock') }]) {
        const { lineEnd, chunks, isTerminated } = await ask(address, 'purr');
        expect([lineEnd, isTerminated, chunks.length]).toEqual([LF, true, 1]);
      }
      expect(String((await ask({ port }, 'quitquitquit')).body)).toBe('"Goodbye forever"\n');
      expect(await ended).toEqual([0, null]);
      expect(await readdir(folder)).toEqual([]);
    } finally {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    {
      options: ['--worker-use-tcp=n', '--worker-url-path=cats'],
      url: /^http:\/\/unix-domain:0\/cats\/[\w-]{24}$/,
    },
    { options: ['--worker-use-unixsocket=n'], url: /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{24}$/ },
  ])('takes the options $options', async ({ options, url }) => {
    const folder = await mkdtemp(join(tmpdir(), 'kittiwake-fixture-'));
    const path = fileURLToPath(new URL('fixtures/kettlingar', import.meta.url));
    const env = { ...process.env, KITTEN_PORT: '0', KITTEN_DIR: folder, KITTEN_SECRET: '' };
    const args = [path, ...options, '--worker-use-msgpack=n'];
    const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
    try {
      const file = join(folder, 'Kitty.url');
      const address = await eventually(() => readFile(file, 'utf8'), { timeoutMs: 15_000 });
      expect(address).toMatch(url);
      const { hostname, port, pathname } = new URL(address);
      const client = await RawHttp.connect(
        hostname === 'unix-domain' ? { path: join(folder, 'Kitty.sock') } : { port: Number(port) },
      );
      client.request({
        method: 'POST',
        path: `${pathname}/echo`,
        headers: { 'Content-Type': 'application/x-msgpack' },
        body: Buffer.from([0x80]),
        lineEnd: LF,
      });
      expect(String((await client.answer()).body)).toMatch(/^\{"error":"msgpack is unavailable"/);
      client.stop();
    } finally {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true });
    }
  });
});
