import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { RawHttp } from './support/raw-http.js';
import { BUILD_TIMEOUT_MS, ensureBuilt } from './support/server-process.js';
import { eventually } from './support/wait.js';

const SECRET = 'SECRETKITTEN';
const CALLS = 1_000;
const ofTest = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Where processes that are started find usocket. */
const NODE_PATH = ofTest('usocket/node_modules');

/** What the client in Python prints. */
type Told = Readonly<Record<string, unknown>>;

beforeAll(ensureBuilt, BUILD_TIMEOUT_MS);

it('the tests have usocket', () => {
  // npm test compiles it; else: node test/support/services.mjs
  expect(existsSync(ofTest('usocket/node_modules/usocket/build/Release/uwrap.node'))).toBe(true);
});

it('listeners that are closed while garbage is collected end no process', async () => {
  // Native memory was freed while libuv still used it: an assertion or a segmentation fault, now and then.
  const args = ['--expose-gc', ofTest('support/collect-garbage.mjs')];
  const env = { ...process.env, NODE_PATH };
  expect((await promisify(execFile)(process.execPath, args, { env })).stdout).toBe('300\n');
}, 60_000);

describe('descriptors over a Unix socket', () => {
  let folder: string;
  let child: ReturnType<typeof spawn>;
  let told: Told;
  let openBefore: number;

  const open = (): number => readdirSync(`/proc/${child.pid}/fd`).length;
  const client = async (calls: number): Promise<Told> => {
    const args = [ofTest('support/descriptor-client.py'), join(folder, 'Kitty.sock'), SECRET, `${calls}`];
    return JSON.parse((await promisify(execFile)('python3', args)).stdout) as Told;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kittiwake-descriptors-'));
    const env = { ...process.env, KITTEN_DIR: folder, KITTEN_SECRET: SECRET, NODE_PATH };
    const args = [ofTest('fixtures/kettlingar'), '--worker-use-tcp=n'];
    child = spawn(process.execPath, args, { env, stdio: 'inherit' });
    await eventually(
      async () => (await RawHttp.connect({ path: join(folder, 'Kitty.sock') })).stop() ?? true,
      { timeoutMs: 20_000 },
    );
    await client(10);
    openBefore = open();
    told = await client(CALLS);
  }, 120_000);

  afterAll(async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
    await rm(folder, { recursive: true });
  });

  it('come to a procedure, and go to its caller', () => {
    const bytes = { __base64__: Buffer.from('some text').toString('base64') };
    expect(told).toMatchObject({
      text: [200, 'some text'],
      bytes: [200, bytes],
      returned: [200, ['_FD_BRE_MAGIC_-rb'], ['some text']],
      unasked: [200, { value: 'hello' }],
      packed: [200, '\xa9some text'],
    });
  });

  it('are sockets as well as files, in both directions, and are kept by nobody', () => {
    expect(told).toMatchObject({ swapped: [200, true, 'meow', 'some text'] });
  });

  it('get the answer, if the caller wants it so, with a head or behind one', () => {
    const accepted = [202, { replied_to_first_fd: true }];
    const whole = expect.stringMatching(
      /^HTTP\/1\.1 200 OK\n(?:[\w-]+: [^\r\n]+\n)+\n\{"value":"hello"\}\n$/,
    );
    expect(told).toMatchObject({
      socket: [accepted, whole],
      begun: [accepted, '{"value":"hello"}\n'],
      stream: [accepted, '8\r\n{"i":0}\n\r\n8\r\n{"i":1}\n\r\n0\r\n\r\n'],
      pipe: [accepted, '{"value":"hello"}\n'],
      file: [accepted, '{"value":"hello"}\n'],
    });
  });

  it('are refused where they are not there, or too many', () => {
    expect(told).toMatchObject({
      missing: [400, 'a file descriptor did not come with the request'],
      strange: [400, 'this is no file descriptor: _FD_BRE_MAGIC_-/'],
      without: [400, 'reply_to_first_fd is not a number, or comes without a descriptor'],
      many: [500, 'Too many file descriptors, at most 16'],
    });
  });

  it('are closed when nobody takes them: 2,000 calls leave none behind', async () => {
    await eventually(() => open() <= openBefore + 2, { what: `${openBefore} open files, not ${open()}` });
  });
});
