import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { Program } from './support/bookshop.js';
import { launchBrowser } from './support/browser.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestGateway } from './support/gateway.js';
import { codeBlocksOf } from './support/markdown.js';
import { freePort } from './support/redis-server.js';
import { readEnvironment } from '../src/config/loading/environment.js';
import type { KittiwakeOptions } from '../src/config/options.js';

/** A browser that many others hold up. */
const PAGE_TIMEOUT_MS = 40_000;
const stopped = stoppedAfterEach();

describe('the first hour, in Python', () => {
  let guide: string;
  let folder: string;
  let port: number;
  let appPort: number;

  beforeEach(async () => {
    [port, appPort] = [await freePort(), await freePort()];
    const text = await readFile('docs/first-hour-python.md', 'utf8');
    guide = text.replaceAll('9000', `${port}`).replaceAll('8000', `${appPort}`);
    folder = await mkdtemp(join(tmpdir(), 'kittiwake-first-hour-'));
    stopped({ stop: () => rm(folder, { recursive: true }) });
  });

  it(
    'leads from an empty folder to a live page, and to one that knows who is there',
    async () => {
      const [configuration, withTickets] = codeBlocksOf(guide, 'yaml') as [string, string];
      const [app, tickets] = codeBlocksOf(guide, 'python') as [string, string];
      const [html] = codeBlocksOf(guide, 'html') as [string];
      const [clientWithTickets] = codeBlocksOf(guide, 'js') as [string];
      const [change] = /(?<=curl http.*-d ').*(?=')/.exec(guide)!;
      const browser = await launchBrowser();
      stopped({ stop: () => browser.close() });

      const first = await start(configuration, app, html);
      const [page, other] = [await browser.newPage(), await browser.newPage()];
      for (const one of [page, other]) {
        await one.goto(first.url);
        await one.getByText('Moby-Dick: 12.5').waitFor();
      }
      await page.getByRole('button').click();
      for (const one of [page, other]) await one.getByText('Moby-Dick: 7.5').waitFor();
      await fetch(`${first.url}/change`, { method: 'POST', body: change });
      for (const one of [page, other]) await one.getByText('Moby-Dick: 9').waitFor();
      await first.stop();

      const lines = app.trimEnd().split('\n');
      const appWithTickets = [...lines.slice(0, -1), tickets, lines.at(-1)].join('\n');
      const htmlWithTickets = html.replace(/^.*createClient\(\{.*$/m, () => clientWithTickets);
      const second = await start(withTickets, appWithTickets, htmlWithTickets);
      await shows(page, `${second.url}/?name=anna`, 'Moby-Dick: 12.5');
      await shows(page, `${second.url}/?name=eve`, 'You are no reader.');
      await second.stop();
    },
    PAGE_TIMEOUT_MS,
  );

  /** The commands that make the key, and those that run the app, in place of the shell. */
  function shellBlocks(): [makeKey: string, runApp: string] {
    const blocks = codeBlocksOf(guide, 'sh');
    const runApp = blocks.find((block) => block.includes('python3'))!;
    return [blocks.find((block) => block.includes('openssl'))!, runApp.replace('python3', 'exec python3')];
  }

  async function start(
    yaml: string,
    app: string,
    html: string,
  ): Promise<{ url: string; stop(): Promise<void> }> {
    const files = { 'kittiwake.yaml': yaml, 'app.py': app, 'page.html': html };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const [makeKey, runApp] = shellBlocks();
    const key = execFileSync('sh', ['-c', `${makeKey}. ./.env; printf %s "$API_KEY"`], {
      cwd: folder,
      encoding: 'utf8',
    });
    const options = readEnvironment({
      API_KEY: key,
      KITTIWAKE_CONFIG: join(folder, 'kittiwake.yaml'),
      KITTIWAKE_PORT: `${port}`,
    }) as KittiwakeOptions;
    const gateway = await TestGateway.start(options);
    const program = Program.run(['sh', '-c', `cd "$0"\n${runApp}`, folder]);
    const url = `http://127.0.0.1:${appPort}`;
    let isStopped = false;
    const stop = async (): Promise<void> => {
      if (isStopped) return;
      isStopped = true;
      await gateway.stop();
      await program.end();
    };
    stopped({ stop });
    await program.until('the page', async () => (await fetch(url)).ok);
    return { url, stop };
  }
});

async function shows(page: Page, url: string, text: string): Promise<void> {
  await page.goto(url);
  await page.getByText(text).waitFor();
}
