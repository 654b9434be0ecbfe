import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../../test/support/browser.js';
import { stoppedAfterAll } from '../../test/support/cleanup.js';
import { TestGateway } from '../../test/support/gateway.js';
import { SwallowingProxy } from '../../test/support/http-proxy.js';
import { HOLDING_BACK, Nginx, NO_STREAMS } from '../../test/support/nginx.js';
import { bundled } from './bundled.js';

const WAIT = { timeout: 30_000 };

/** What the page leaves for the test. */
declare global {
  var data: unknown[];
  var carriedBy: () => string | undefined;
}

const PAGE = `
  import { createClient, httpStream, topic, webSocket } from './index.ts';
  const url = new URLSearchParams(location.search).get('url');
  const client = createClient({ url, transports: [webSocket(), httpStream()], backOff: { baseMs: 200 } });
  globalThis.data = [];
  const book = topic(client, 'books.1');
  book.on('update', (update) => data.push(update));
  let isReady = false;
  book.ready().then(() => (isReady = true));
  globalThis.carriedBy = () => (isReady && client.state === 'live' ? client.info.transport : undefined);
`;

describe('in Chromium, behind a proxy', () => {
  const stopped = stoppedAfterAll();
  let gateway: TestGateway;
  let browser: Browser;
  let context: BrowserContext;
  let site: Server;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([
      TestGateway.start({ origins: ['*'], services: { books: { requireAuthentication: false } } }),
      launchBrowser(),
    ]);
    const script = await bundled(PAGE);
    site = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end(`<!doctype html><title>.</title><script type="module">${script}</script>`);
    }).listen(0, '127.0.0.1');
    await once(site, 'listening');
  }, 60_000);
  beforeEach(async () => {
    context = await browser.newContext();
  });
  afterEach(() => context.close());
  afterAll(async () => {
    await browser.close();
    site.close();
    await gateway.stop();
  });

  async function pageBehind(httpUrl: string): Promise<Page> {
    const page = await context.newPage();
    const { port } = site.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/?url=${httpUrl}/ws`);
    return page;
  }

  /** The transport of a page's client, once it has got what was published. */
  async function carrierOf(page: Page): Promise<string | undefined> {
    await page.waitForFunction(() => globalThis.carriedBy() !== undefined, undefined, WAIT);
    for (const data of [1, 'é🐱', 3]) await gateway.publish({ subscription: 'books.1', data });
    await page.waitForFunction(() => globalThis.data.join() === '1,é🐱,3', undefined, WAIT);
    return page.evaluate(() => globalThis.carriedBy());
  }

  it('a WebSocket is used where there is one', async () => {
    expect(await carrierOf(await pageBehind(gateway.httpUrl))).toBe('websocket');
  });

  it('a stream steps in where upgrades are refused, and answers are buffered and compressed', async () => {
    const nginx = stopped(await Nginx.start(gateway.port, HOLDING_BACK));
    expect(await carrierOf(await pageBehind(nginx.httpUrl))).toBe('stream');
  });

  it('a stream steps in where WebSockets open and nothing comes through, also after a reload', async () => {
    const proxy = stopped(await SwallowingProxy.start(gateway.port));
    const page = await pageBehind(proxy.httpUrl);
    expect(await carrierOf(page)).toBe('stream');
    expect(await page.evaluate(() => Number(sessionStorage.getItem('kittiwake')))).toBeGreaterThan(0);
    await page.reload();
    expect(await carrierOf(page)).toBe('stream');
  });

  it('polls step in where streams are held back', async () => {
    const nginx = stopped(await Nginx.start(gateway.port, [...HOLDING_BACK, ...NO_STREAMS]));
    expect(await carrierOf(await pageBehind(nginx.httpUrl))).toBe('poll');
  }, 60_000);
});
