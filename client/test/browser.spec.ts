import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { Connections } from '../../src/connection/connections.js';
import { launchBrowser } from '../../test/support/browser.js';
import { TestGateway } from '../../test/support/gateway.js';
import { StubApp } from '../../test/support/stub-app.js';
import { eventually } from '../../test/support/wait.js';

/** What the pages below leave for the test. */
declare global {
  var states: string[];
  var errors: unknown[];
  var shown: () => unknown;
  var wasCached: boolean;
  var add: (a: number, b: number) => Promise<unknown>;
}

const START = `
  import { call, createClient, live, topic } from './index.ts';
  globalThis.states = [];
  globalThis.errors = [];
  const client = createClient({ url: GATEWAY, backOff: { baseMs: 200 } });
  client.on('state', (state, { reason }) => states.push(state + ':' + reason));
  client.on('error', ({ code }) => errors.push(code));
  addEventListener('pageshow', ({ persisted }) => (globalThis.wasCached = persisted));
`;
const PLAIN = `${START}
  const view = live(topic(client, 'books.1'), (_, update) => update);
  globalThis.shown = () => view.value.data;
  globalThis.add = (...args) => call(client, 'add', args, { timeoutMs: 5000 });
`;
const REACT = `${START}
  import { createElement as h, StrictMode, useState } from 'react';
  import { createRoot } from 'react-dom/client';
  import { join } from './index.ts';
  import { useRoom, useTopic } from './react.ts';
  function Price() {
    const { data, status } = useTopic(() => topic(client, 'books.react'), [], (_, update) => update);
    const [news, setNews] = useState('-');
    const room = useRoom(() => join(client, { target: 'news' }), [], setNews);
    return [status, data, room.status, news].join(' ') + ';';
  }
  const root = document.body.appendChild(document.createElement('main'));
  createRoot(root).render(h(StrictMode, null, h(Price), h(Price)));
  globalThis.shown = () => root.textContent;
`;

let app: StubApp;
let gateway: TestGateway;
let site: Server;
let browser: Browser;
let context: BrowserContext;
const pages = new Map<string, string>();

beforeAll(async () => {
  app = await StubApp.start();
  [gateway, browser] = await Promise.all([
    TestGateway.start({
      origins: ['*'],
      rooms: { api: { url: `${app.url}/rooms/` } },
      services: {
        books: {
          requireAuthentication: false,
          authorizer: `${app.url}/authorizer`,
          onUnsubscribe: `${app.url}/left`,
        },
      },
    }),
    // Playwright switches the back/forward cache off, which is what this is about.
    launchBrowser({ ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
  ]);
  site = createServer(({ url }, response) => {
    const script = pages.get(url ?? '');
    response.setHeader('Content-Type', 'text/html');
    response.end(
      `<!doctype html><title>.</title><body>${script ? `<script type="module">${script}</script>` : ''}`,
    );
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  pages.set('/plain', await bundled(PLAIN));
  pages.set('/react', await bundled(REACT));
});
beforeEach(async () => {
  app.forget();
  context = await browser.newContext();
});
afterEach(async () => {
  await context.close();
  await eventually(() => open() === 0);
});
afterAll(async () => {
  await browser.close();
  site.close();
  await gateway.stop();
  await app.stop();
});

async function bundled(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../src/', import.meta.url)), loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    define: { GATEWAY: JSON.stringify(gateway.url), 'process.env.NODE_ENV': '"development"' },
  });
  return outputFiles[0]!.text.replaceAll('</script', '<\\/script');
}

const at = (path: string): string => `http://127.0.0.1:${(site.address() as AddressInfo).port}${path}`;
const open = (): number => gateway.app.get(Connections).count;
const states = (page: Page): Promise<string[]> => page.evaluate(() => globalThis.states);

async function livePage(path: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(at(path));
  await page.waitForFunction(() => globalThis.states.includes('live:asked'));
  return page;
}

async function shows(page: Page, data: unknown): Promise<void> {
  await page.waitForFunction((expected) => globalThis.shown() === expected, data);
}

describe('in Chromium', () => {
  it('lets go of a page in the back/forward cache, and is back with it', async () => {
    const page = await livePage('/plain');
    await page.goto(at('/away'));
    await eventually(() => open() === 0, { timeoutMs: 1000 });
    await page.goBack({ waitUntil: 'commit' });
    await page.waitForFunction(() => globalThis.states.at(-1) === 'live:frozen');
    expect(await page.evaluate(() => [globalThis.wasCached, globalThis.errors])).toEqual([true, []]);
    expect((await states(page)).slice(-3)).toEqual(['waiting:frozen', 'connecting:frozen', 'live:frozen']);
    await eventually(() => app.paths.filter((path) => path === '/authorizer').length === 2);
    await gateway.publish({ subscription: 'books.1', data: 'again' });
    await shows(page, 'again');
    expect(open()).toBe(1);
  });

  it('settles a call once that was made without a network, and is back with it', async () => {
    const page = await livePage('/plain');
    await context.setOffline(true);
    const code = page.evaluate(() => globalThis.add(1, 2).catch(({ code }: { code: string }) => code));
    await page.waitForFunction(() => globalThis.states.includes('waiting:silent'));
    await context.setOffline(false);
    expect(await code).toBe('connection_lost');
    await page.waitForFunction(() => globalThis.states.at(-1)!.startsWith('live:'), undefined, {
      timeout: 2000,
    });
  });

  it('has one subscription in React, also in StrictMode', async () => {
    app.answer('/rooms/bootstrap/', { body: { allowed_rooms: [{ target: 'news' }] } });
    const page = await livePage('/react');
    await page.waitForFunction(() => /^live .*live/.test(String(globalThis.shown())));
    await gateway.publish({ subscription: 'books.react', data: 7 });
    await gateway.trigger({ rooms: [{ target: 'news' }], data: 'N' });
    await shows(page, 'live 7 live N;live 7 live N;');
    const asked = app.asked.filter(({ body }) => body['subscription'] === 'books.react');
    expect([asked.map(({ path }) => path), open()]).toEqual([['/authorizer'], 1]);
  });
});
