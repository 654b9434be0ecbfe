import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const SOURCE = fileURLToPath(new URL('../src/', import.meta.url));

/** What a page that uses just this has to load. */
async function bundled(use: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: use, resolveDir: SOURCE, loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    external: ['react'],
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

const gzipped = (text: string): number => gzipSync(text, { level: 9 }).length;

/** What they are today: `docs/decisions/0016-what-the-bytes-of-the-client-are-for.md`. */
describe('a bundle', () => {
  it.each([
    [
      'calls',
      "import { createClient, call } from './index.ts'; call(createClient({ url: '/ws' }), 'f');",
      4525,
    ],
    [
      'topics',
      "import { createClient, topic } from './index.ts'; topic(createClient({ url: '/ws' }), 'a.b');",
      7235,
    ],
    [
      'topics and calls',
      "import { createClient, call, topic } from './index.ts'; const c = createClient({ url: '/ws' }); topic(c, 'a.b'); call(c, 'f');",
      7305,
    ],
    [
      'topics, rooms and calls',
      "import { createClient, call, join, topic } from './index.ts'; const c = createClient({ url: '/ws' }); topic(c, 'a.b'); join(c, {}); call(c, 'f');",
      7612,
    ],
  ])('of %s is within its budget', async (_, use, budget) => {
    expect(gzipped(await bundled(use))).toBeLessThanOrEqual(budget);
  });

  it('of the hooks adds no more than its budget', async () => {
    const use = "export { createClient, topic, live } from './index.ts';";
    const without = gzipped(await bundled(use));
    const more =
      gzipped(await bundled(`${use} export { useTopic, useConnection } from './react.ts';`)) - without;
    expect(more).toBeLessThanOrEqual(600);
  });

  it('of streams that are kept adds no more than its budget, and nothing to those that are not', async () => {
    const use = (options: string): Promise<string> =>
      bundled(
        `import { createClient, kept, stream } from './index.ts'; stream(createClient({ url: '/ws' }), 'f', [], ${options});`,
      );
    const plain = await use('{}');
    expect(gzipped(await use('{ resumable: kept() }')) - gzipped(plain)).toBeLessThanOrEqual(830);
    expect(plain).not.toMatch(/idempotency_key|getRandomValues/);
  });

  it('of a stream over plain HTTP adds no more than its budget', async () => {
    const use = (transports: string): Promise<string> =>
      bundled(
        `import { createClient, call, httpStream, webSocket } from './index.ts'; call(createClient({ url: '/ws', transports: [${transports}] }), 'f');`,
      );
    const more = gzipped(await use('webSocket(), httpStream()')) - gzipped(await use('webSocket()'));
    expect(more).toBeLessThanOrEqual(1160);
  });

  it('has nothing of what is not used', async () => {
    const calls = await bundled(
      "import { createClient, call } from './index.ts'; call(createClient({ url: '/ws' }), 'f');",
    );
    expect(calls).not.toMatch('unsubscribe');
    expect(calls).not.toMatch('/stream');
    const topics = await bundled(
      "import { createClient, topic } from './index.ts'; topic(createClient({ url: '/ws' }), 'a.b');",
    );
    expect(topics).not.toMatch('procedure');
    expect(await bundled("import './index.ts';")).toBe('');
  });
});
