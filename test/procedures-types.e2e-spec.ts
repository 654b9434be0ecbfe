import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { IsIn, IsInt, IsOptional, IsString } from 'class-validator';
import { createProgram } from '../src/cli/program.js';
import { Procedure, ProcedureParams, TopicService } from '../src/index.js';
import { createApp, KeptLog, moduleOf, OPTIONS, TestApp } from './support/nest-app.js';

const SECRET = 'the-secret-of-services';
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

class Order {
  @IsString()
  title!: string;

  @IsInt()
  @IsOptional()
  count?: number;

  @IsIn(['post', 'shop'])
  by!: string;
}

class Shop {
  @Procedure({ description: 'Adds.' })
  add(a: number, b: number): number {
    return a + b;
  }

  @Procedure()
  order(@ProcedureParams() order: Order): unknown {
    return order;
  }

  @Procedure({ returns: 'int' })
  async *count(to: number): AsyncGenerator<number> {
    for (let n = 0; n < to; n++) yield n;
  }

  @Procedure({ name: 'book.find-it' })
  odd(): string {
    return 'odd';
  }

  @Procedure({ access: 'service' })
  secret(): string {
    return 'not for clients';
  }
}

@TopicService('chat', { requireAuthentication: false, presence: { info: ['nick'] } })
class Chat {}

/** What must compile with what was written, and what must not. */
const USAGE = `import { call, createClient, join, stream, topic } from 'kittiwake-client';
import type { App } from './app.js';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <T extends true>(..._proof: T[]): void => {};
const client = createClient<App>({ url: 'wss://example.com/ws' });

/** As the guide says. */
interface More extends Omit<App, 'topics'> {
  topics: App['topics'] & { [name: \`books.\${string}\`]: { state: { title: string } } };
}
const better = createClient<More>({ url: 'wss://example.com/ws' });
topic(better, 'books.1', { fields: { author_id: 1 } }).on('state', (state) => is<Equal<typeof state, { title: string }>>());
topic(better, 'chat.1');
await call(better, 'add', [1, 2]);

export async function use(): Promise<void> {
  is<Equal<Awaited<ReturnType<typeof sum>>, number>>();
  await call(client, 'add', { a: 1, b: 2 });
  await call(client, 'order', ['Emma', 2, 'shop']);
  await call(client, 'order', { title: 'Emma', by: 'post' });
  await call(client, 'remote', [1]);
  await call(client, 'remote', { n: 1, note: 'x' });
  await call(client, 'book.find-it');
  for await (const n of stream(client, 'count', [3])) is<Equal<typeof n, number>>();
  topic(client, 'books.1', { fields: { author_id: 'a1' } });
  topic(client, 'chat.1');
  join(client, { chat: 1 }).on('data', (data) => is<Equal<typeof data, unknown>>());
  // @ts-expect-error There is no such topic.
  topic(client, 'bocks.1');
  // @ts-expect-error There is no such field.
  topic(client, 'books.1', { fields: { author: 'a1' } });
  // @ts-expect-error The argument is wrong.
  await call(client, 'add', [1, '2']);
  // @ts-expect-error One is missing.
  await call(client, 'add', { a: 1 });
  // @ts-expect-error It is none of these.
  await call(client, 'order', { title: 'Emma', by: 'air' });
  // @ts-expect-error It is not for clients.
  await call(client, 'secret');
  // @ts-expect-error A stream is no call with one result.
  await call(client, 'count', [3]);
}

function sum() {
  return call(client, 'add', [1, 2]);
}
`;

const PROJECT = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023', 'ESNext.Disposable', 'DOM'],
    types: [],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    paths: { 'kittiwake-client': [join(ROOT, 'client/src/index.ts')] },
  },
  include: ['.'],
};

describe('kittiwake types', () => {
  let app: TestApp;
  let folder: string;
  let out: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kittiwake-types-'));
    out = join(folder, 'app.ts');
    await writeFile(join(folder, 'secret'), SECRET);
    const options = {
      ...OPTIONS,
      services: { books: { extraFields: ['author_id'] } },
      rooms: { api: { url: 'http://127.0.0.1:1/' }, presence: { info: ['nick'] } },
      procedures: {
        secret: SECRET,
        remote: { remote: { url: 'http://127.0.0.1:1/', parameters: ['n:int', 'note:str?'] } },
      },
    };
    app = await TestApp.listen(
      await createApp(moduleOf({ providers: [Shop, Chat] }, options), new KeptLog()),
    );
  });
  afterAll(async () => {
    await app.stop();
    await rm(folder, { recursive: true });
  });

  async function types(...words: string[]): Promise<void> {
    const gateway = ['--url', `${app.httpUrl}/rpc`, '--secret-file', join(folder, 'secret')];
    await createProgram()
      .exitOverride()
      .parseAsync([...gateway, 'types', ...words], { from: 'user' });
  }

  it('writes what clients of a running gateway meet, and compiles with them', async () => {
    await types('--out', out);
    expect(await readFile(out, 'utf8'))
      .toBe(`/* Made by \`kittiwake types\` of what the gateway knows. Made anew, not changed by hand. */

/** What clients of this gateway meet: \`createClient<App>(…)\`. */
export interface App {
  topics: Topics;
  rooms: { room: object; presence: { nick?: unknown }; data: unknown };
  procedures: Procedures;
}

export interface Topics {
  [name: \`books.\${string}\`]: { fields: { author_id?: unknown } };
  [name: \`chat.\${string}\`]: { presence: { nick?: unknown } };
}

export interface Procedures {
  /** Adds. */
  add(...given: [a: number, b: number] | [named: { a: number; b: number }]): number;
  'book.find-it'(): string;
  count(...given: [to: number] | [named: { to: number }]): AsyncIterable<number>;
  order(...given: [title: string, count: number, by: 'post' | 'shop'] | [named: { title: string; count?: number; by: 'post' | 'shop' }]): unknown;
  remote(...given: [n: number, note?: string] | [named: { n: number; note?: string }]): unknown;
}
`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'usage.ts'), USAGE);
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(PROJECT));
    const compiled = promisify(execFile)(process.execPath, [TSC, '-p', folder]).catch(
      (error: unknown) => error,
    );
    expect(await compiled).toMatchObject({ stdout: '' });
  }, 60_000);

  it('leaves a file alone that says it already, and tells with --check when one does not', async () => {
    await types('--out', out);
    const { mtimeMs } = await stat(out);
    await types('--out', out);
    await types('--out', out, '--check');
    expect((await stat(out)).mtimeMs).toBe(mtimeMs);
    await writeFile(out, 'else');
    await expect(types('--out', out, '--check')).rejects.toMatchObject({ exitCode: 1 });
    expect(await readFile(out, 'utf8')).toBe('else');
    await expect(types('--out', join(folder, 'none.ts'), '--check')).rejects.toThrow('there is no');
    await expect(types('--check')).rejects.toThrow('--check needs --out');
    await expect(types('--out', join(folder, 'no', 'folder'))).rejects.toMatchObject({ exitCode: 4 });
  });
});
