import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { ensureBuilt, Program } from './support/bookshop.js';
import { launchBrowser } from './support/browser.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { codeBlocksOf } from './support/markdown.js';
import { freePort } from './support/redis-server.js';
import { ServerProcess } from './support/server-process.js';
import { eventually } from './support/wait.js';

const API_KEY = 'readme-test-key-0123456789';
const stopped = stoppedAfterEach();

describe('"Your own app" of the README', () => {
  it('is three files that make a page live', async () => {
    ensureBuilt();
    const [appPort, port] = [await freePort(), await freePort()];
    const moved = (text: string): string =>
      text.replaceAll('9000', `${port}`).replaceAll('8000', `${appPort}`);
    const readme = moved(await readFile(join(import.meta.dirname, '../README.md'), 'utf8'));
    const first = (language: string): string => codeBlocksOf(readme, language)[0]!;

    const folder = await mkdtemp(join(tmpdir(), 'kittiwake-readme-'));
    stopped({ stop: () => rm(folder, { recursive: true }) });
    await writeFile(join(folder, 'app.mjs'), first('js'));
    await writeFile(join(folder, 'page.html'), first('html'));
    const app = Program.start(join(folder, 'app.mjs'));
    stopped({ stop: () => app.end() });
    const env = { API_KEY, KITTIWAKE_PORT: `${port}` };
    stopped(await ServerProcess.start({ config: parse(first('yaml')), env }));

    const browser = await launchBrowser();
    stopped({ stop: () => browser.close() });
    const page = await browser.newPage();
    await page.goto(pathToFileURL(join(folder, 'page.html')).href);
    const shows = (text: string): Promise<unknown> =>
      eventually(async () => (await page.textContent('#out')) === text, { timeoutMs: 15_000, what: text });
    await shows('{"title":"Moby-Dick","price":12.5,"version":1}');

    const publication = /-d '([^']+)'/.exec(readme)![1]!;
    const { status } = await fetch(`http://127.0.0.1:${port}/publish`, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      body: publication,
    });
    expect(status).toBe(200);
    await shows('{"title":"Moby-Dick","price":7.5,"version":1}');
  });
});
