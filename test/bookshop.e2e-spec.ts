import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { Bookshop, ensureBuilt, Program } from './support/bookshop.js';
import { launchBrowser, shows } from './support/browser.js';
import { ServerProcess } from './support/server-process.js';

/** Longer than the longest wait of a client before it tries again, 20 s. */
const PAGE_TIMEOUT_MS = 30_000;

describe('under docker compose', () => {
  const FOLDER = join(import.meta.dirname, '../examples/bookshop');
  let folder: string;
  let file: string;

  beforeAll(ensureBuilt);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kittiwake-bookshop-'));
    file = join(folder, '.env');
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** @returns the secrets that are kept. */
  async function kept(env: Record<string, string> = {}): Promise<string> {
    await promisify(execFile)(process.execPath, [join(FOLDER, 'secrets.mjs'), file], { env });
    return readFile(file, 'utf8');
  }

  it('no key and no password is one that everybody knows', async () => {
    const composed = await readFile(join(FOLDER, '../../docker-compose.yml'), 'utf8');
    expect(composed).not.toMatch(/(?:KEY|PASSWORD|SECRET)\w*\s*:\s*\S|_(?:KEY|PASSWORD):-/);
    const other = await kept();
    await rm(file);
    expect(await kept()).not.toBe(other);
  });

  it('they are made up once, unless they are given', async () => {
    const first = await kept();
    expect(await kept()).toBe(first);
    const given = await kept({ BOOKSHOP_API_KEY: 'given-0123456789' });
    const key = /^BOOKSHOP_API_KEY=(.+)$/m.exec(first)![1]!;
    expect(given).toBe(first.replaceAll(key, 'given-0123456789'));
    expect(await kept()).toBe(given);
  });

  it('Kittiwake takes them from the folder that it runs in', async () => {
    const env = {
      KITTIWAKE_CONFIG: join(FOLDER, 'kittiwake.yaml'),
      BOOKSHOP_ORIGIN: 'http://localhost:8000',
    };
    const command = ['cli/main.js', 'check-config'] as const;
    const end = await ServerProcess.run({ command, env, dotEnv: await kept() });
    expect([end.code, end.stderr]).toEqual([0, '']);
    expect(end.stdout).toContain('@bookshop:8000/kittiwake/ticket');
  });
});

describe('the bookshop in two browsers', () => {
  const uncaught: string[] = [];
  let shop: Bookshop;
  let browser: Browser;
  let ada: Page;
  let grace: Page;

  beforeAll(async () => {
    ensureBuilt();
    [shop, browser] = await Promise.all([Bookshop.start(), launchBrowser()]);
    [ada, grace] = await Promise.all([open('Ada'), open('Grace')]);
  }, 40_000);

  afterAll(async () => {
    await browser?.close();
    await shop?.stop();
  }, 30_000);

  /** Opens the page in a browser of its own: a person of their own, with their own cookie. */
  async function open(name: string): Promise<Page> {
    const context = await browser.newContext({ locale: 'en' });
    context.setDefaultTimeout(PAGE_TIMEOUT_MS);
    await context.addInitScript(`localStorage.setItem('bookshop-name', ${JSON.stringify(name)})`);
    const page = await context.newPage();
    page.on('pageerror', (error) => uncaught.push(`${name}: ${error.message}`));
    await page.goto(shop.url);
    await shows(page, 'state', 'Live');
    return page;
  }

  it('shows everybody who is here to everybody', async () => {
    for (const page of [ada, grace]) {
      await shows(page, 'reader-count', '2');
      expect(await readers(page)).toEqual(['Ada', 'Grace']);
    }
    const visitor = await open('Lise');
    await shows(grace, 'reader-count', '3');

    await visitor.context().close();

    await shows(grace, 'reader-count', '2');
  });

  it('shows an edit of one in the other', async () => {
    await ada.getByTestId('book-2-edit').click();
    await ada.getByTestId('book-2-title-input').fill('Around the Moon');
    await ada.getByTestId('book-2-price-input').fill('33.10');
    await ada.getByTestId('book-2-save').click();

    for (const page of [ada, grace]) {
      await shows(page, 'book-2-title', 'Around the Moon');
      await shows(page, 'book-2-price', '€33.10');
    }
  });

  it('tells only the editor why an edit is refused', async () => {
    await ada.getByTestId('book-3-edit').click();
    await ada.getByTestId('book-3-price-input').fill('a fortune');
    await ada.getByTestId('book-3-save').click();
    await shows(ada, 'book-3-note', /^The price must be 0 to 1000/);
    await ada.getByTestId('book-3-cancel').click();

    await shop.put('3', { stock: 1 });

    for (const page of [ada, grace]) await shows(page, 'book-3-stock', '1 in stock');
    await shows(grace, 'book-3-price', '€14.00');
  });

  it('shows a change over HTTP in both', async () => {
    await shop.put('1', { price: 7.5 });

    for (const page of [ada, grace]) await shows(page, 'book-1-price', '€7.50');
  });

  it('shows after a pause what was missed in it', async () => {
    await ada.getByTestId('pause').click();
    await shows(ada, 'state', 'Paused');
    await shop.put('4', { stock: 0 });
    await shows(grace, 'book-4-stock', 'Sold out');
    await shows(ada, 'book-4-stock', '11 in stock');

    await ada.getByTestId('pause').click();

    await shows(ada, 'state', 'Live');
    await shows(ada, 'book-4-stock', 'Sold out');
  });

  it('gets what it has missed when its network is back, and no state', async () => {
    await ada.getByTestId('cut').click();
    await shows(ada, 'state', 'Offline');
    await shop.put('6', { stock: 5 });
    await shop.put('6', { stock: 4 });
    await shows(grace, 'book-6-stock', '4 in stock');

    await ada.getByTestId('cut').click();

    await shows(ada, 'state', 'Live');
    await shows(ada, 'book-6-stock', '4 in stock');
    await shows(ada, 'notice', 'Back where this page was: 2 changes came since.');
    expect(await ada.getByTestId('log').textContent()).toContain('"recovered": true');
  });

  it('recovers when the gateway comes back, and shows what changed meanwhile', async () => {
    await shop.stopGateway();
    for (const page of [ada, grace]) await shows(page, 'state', 'Reconnecting');
    await shop.put('5', { title: 'The Iliad' });

    await shop.startGateway();

    for (const page of [ada, grace]) {
      await shows(page, 'state', 'Live');
      await shows(page, 'book-5-title', 'The Iliad');
      await shows(page, 'reader-count', '2');
    }
    await shop.put('5', { stock: 77 });
    for (const page of [ada, grace]) await shows(page, 'book-5-stock', '77 in stock');
  }, 90_000);

  it('leaves no error uncaught in a page', () => {
    expect(uncaught).toEqual([]);
  });
});

describe('npm run demo', () => {
  it('tells where to look and what to type, and ends with Ctrl-C', async () => {
    ensureBuilt();
    const demo = await Program.demo('examples/bookshop/demo.mjs');
    try {
      const url = await demo.until(
        'the address of the page',
        () => /open: +(http:\/\/\S+)/.exec(demo.output)?.[1],
      );
      const curl = await demo.until('a curl line', () => /^ *(curl .*)$/m.exec(demo.output)?.[1]);
      const page = await (await fetch(url)).text();
      expect(page).toContain('<title>The live bookshop</title>');

      const command = readCurl(curl);
      const before = (await (await fetch(command.url)).json()) as Record<string, unknown>;
      const changed = await fetch(command.url, command);
      const after = (await (await fetch(command.url)).json()) as Record<string, unknown>;

      expect(changed.status).toBe(200);
      expect(before).not.toMatchObject(JSON.parse(command.body) as object);
      expect(after).toMatchObject(JSON.parse(command.body) as object);

      const children = await childrenOf(demo.pid);
      const gateway = gatewayOf(page);
      expect((await fetch(gateway)).status).toBe(200);
      expect(children).toHaveLength(existsSync('/proc') ? 2 : 0);
      expect(await demo.end('SIGINT')).toEqual({ code: 0, signal: null });
      expect(children.filter(isRunning)).toEqual([]);
      for (const address of [url, gateway]) await expect(fetch(address)).rejects.toThrow('fetch failed');
    } finally {
      await demo.end();
    }
  }, 40_000);
});

/** The names of those who are here, in alphabetical order. */
async function readers(page: Page): Promise<string[]> {
  const names = await page.getByTestId('reader').locator('bdi').allTextContents();
  return names.toSorted();
}

interface CurlCommand {
  readonly method: string;
  readonly url: string;
  readonly headers: [string, string][];
  readonly body: string;
}

/** What a line such as `curl -X PUT http://... -H 'name: value' -d 'body'` would send. */
function readCurl(line: string): CurlCommand {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const after = (flag: string): string[] =>
    words.flatMap((word, index) => (word === flag ? [words[index + 1] ?? ''] : []));
  const headers = after('-H').map((header) => header.split(/: */, 2) as [string, string]);
  const [method = 'GET'] = after('-X');
  const [body = ''] = after('-d');
  return { method, url: words.find((word) => word.startsWith('http://')) ?? '', headers, body };
}

/** The readiness check of the gateway that the page is told to connect to. */
function gatewayOf(page: string): string {
  const [, url = ''] = /data-gateway="ws:(.*)\/ws"/.exec(page) ?? [];
  return `http:${url}/health/ready`;
}

/** The processes that a process has started, as far as /proc tells: nothing but Linux has one. */
async function childrenOf(pid: number): Promise<number[]> {
  const all = existsSync('/proc') ? (await readdir('/proc')).filter((name) => /^\d+$/.test(name)) : [];
  const parents = await Promise.all(all.map(parentOf));
  return all.filter((_, index) => parents[index] === pid).map(Number);
}

/** The name of a program, in parentheses, may hold spaces: what follows it are its state and its parent. */
async function parentOf(pid: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return Number(/.*\) \S (\d+) /s.exec(stat)?.[1]);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // ESRCH: there is no such process
  }
}
