import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { stoppedAfterEach } from './support/cleanup.js';
import { inShell } from './support/cli.js';
import { freePort } from './support/redis-server.js';
import { BUILD_TIMEOUT_MS, ensureBuilt, ServerProcess } from './support/server-process.js';
import { Terminal } from './support/terminal.js';

const stopped = stoppedAfterEach();
let folder: string;

beforeAll(ensureBuilt, BUILD_TIMEOUT_MS);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kittiwake-init-'));
  stopped({ stop: () => rm(folder, { recursive: true }) });
});

describe('kittiwake init', () => {
  it('writes a file with which the two commands that it prints start a gateway', async () => {
    const { stdout } = await inShell(
      'kittiwake init --for topics,rooms --app http://127.0.0.1:1',
      folder,
      {},
    );
    const [exported = '', start] = stdout.split('\n').filter((line) => line.startsWith('  '));
    expect(start).toBe('  kittiwake start');
    const env = {
      ...Object.fromEntries([...exported.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value])),
      KITTIWAKE_CONFIG: join(folder, 'kittiwake.yaml'),
      KITTIWAKE_PORT: `${await freePort()}`,
      KITTIWAKE_OPERATORS_PORT: `${await freePort()}`,
    };

    stopped(await ServerProcess.start({ env, command: ['cli/main.js', 'start'] }));

    // The doctor finds a gateway there, and no app.
    const doctor = await ServerProcess.run({ env, command: ['cli/main.js', '--json', 'doctor'] });
    expect([doctor.code, doctor.stderr]).toEqual([1, 'there is a problem\n']);
    const { ok, findings } = JSON.parse(doctor.stdout) as { ok: boolean; findings: unknown[] };
    expect(ok).toBe(false);
    const says = `a gateway runs at 127.0.0.1:${env.KITTIWAKE_PORT}`;
    expect(findings).toContainEqual({ state: 'ok', about: 'server.port', says });
    expect(findings).toContainEqual(
      expect.objectContaining({ state: 'problem', about: 'auth.ticket.url and 3 more' }),
    );
  });

  it('asks four questions on a terminal', async () => {
    const file = join(folder, 'asked.yaml');
    const terminal = stopped(Terminal.start(['init', '--out', file], {}));
    for (const [question, answer] of [
      ['topics, rooms, procedures [topics]: ', 'rooms procedures'],
      ['[http://127.0.0.1:8000]: ', 'https://app.example.com/api'],
      ['[https://app.example.com]: ', ''],
      ['ticket, jwt, none [ticket]: ', 'jwt'],
    ] as const) {
      await terminal.shows(question);
      terminal.type(`${answer}\r`);
    }
    expect(await terminal.untilEnded()).toBe(0);

    expect(parse(await readFile(file, 'utf8'))).toMatchObject({
      origins: ['https://app.example.com'],
      auth: { jwt: { secret: '${TOKEN_SECRET}' } },
      rooms: { api: { url: 'https://app.example.com/api/kittiwake/' } },
      procedures: {},
    });
    expect(terminal.shown).toMatch(/export API_KEY=[\w-]+ CALLBACK_PASSWORD=[\w-]+ TOKEN_SECRET=[\w-]+ /);
  });

  it('writes over nothing, unless it is told to, and says what is no answer', async () => {
    const file = join(folder, 'kittiwake.yaml');
    await writeFile(file, 'mine');
    const { stdout } = await inShell(
      `kittiwake init 2>&1; echo "exit $?"
      kittiwake init --force --app ftp://app 2>&1; echo "exit $?"
      kittiwake init --force --for topic 2>&1; echo "exit $?"
      cat kittiwake.yaml; echo
      kittiwake --json init --force`,
      folder,
      {},
    );
    const [exists, , address, , purpose, , content, made] = stdout.split('\n');
    expect(exists).toBe('init: kittiwake.yaml is there already; --force writes over it');
    expect(address).toBe('init: --app: found "ftp://app", expected a URL such as http://127.0.0.1:8000');
    expect(purpose).toBe('init: --for: found "topic", expected one or more of topics, rooms, procedures');
    expect(stdout.match(/exit 1/g)).toHaveLength(3);
    expect(content).toBe('mine');
    expect(JSON.parse(made!)).toEqual({
      file: 'kittiwake.yaml',
      environment: { API_KEY: expect.any(String), CALLBACK_PASSWORD: expect.any(String) },
    });
    expect(await readFile(file, 'utf8')).toContain('origins:');
  });
});
