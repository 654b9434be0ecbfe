import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../../test/support/browser.js';
import { stoppedAfterAll } from '../../test/support/cleanup.js';
import { FakeModel } from '../../test/support/fake-model.js';
import { TestGateway } from '../../test/support/gateway.js';
import { bundled } from './bundled.js';

jest.setTimeout(60_000);

const WAIT = { timeout: 30_000 };

/** What the pages below leave for the test. */
declare global {
  var stateOfClient: () => string;
}

const COMMON = `
  import { createClient, kept, stream } from './index.ts';
  const client = createClient({ url: GATEWAY, backOff: { baseMs: 100, maxMs: 300 }, ping: { everyMs: 1000, withinMs: 1000 } });
  globalThis.stateOfClient = () => client.state;
  const [main] = document.querySelectorAll('main');
  const storage = location.hash === '#local' ? () => localStorage : () => sessionStorage;
  const open = () => stream(client, 'answer', ['why?'], { resumable: kept('answer', storage) });
`;
const PLAIN = `${COMMON}
  try {
    for await (const token of open()) main.append(token);
    document.title = 'end';
  } catch (error) {
    document.title = error.code ?? String(error);
  }
`;
const REACT = `${COMMON}
  import { createElement as h, StrictMode } from 'react';
  import { createRoot } from 'react-dom/client';
  import { useStream } from './react.ts';
  function Answer({ name }) {
    const of = () => stream(client, 'answer', [name], name === 'kept' ? { resumable: kept(name, storage) } : {});
    const { data, status, cancel } = useStream(of, [name], (text, token) => text + token, '');
    return h('p', { id: name, onClick: cancel }, data + status);
  }
  await client.connect(); // What is opened twice would be sent twice.
  createRoot(main).render(h(StrictMode, null, h(Answer, { name: 'kept' }), h(Answer, { name: 'plain' })));
`;

describe('in Chromium, a stream that is kept', () => {
  const stopped = stoppedAfterAll();
  let app: FakeModel;
  let browser: Browser;
  let context: BrowserContext;
  let site: Server;
  const scripts = new Map<string, string>();

  beforeAll(async () => {
    app = stopped(await FakeModel.start());
    const answer = { url: `${app.url}/answer`, stream: true, public: true, resumable: {} };
    const [gateway, launched] = await Promise.all([
      TestGateway.start({ origins: ['*'], procedures: { remote: { answer }, kept: { gather: '10ms' } } }),
      launchBrowser(),
    ]);
    stopped(gateway);
    browser = launched;
    for (const [path, contents] of Object.entries({ '/plain': PLAIN, '/react': REACT }))
      scripts.set(path, await bundled(contents, gateway.url));
    site = createServer(({ url = '' }, response) => {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      const script = scripts.get(url) ?? '';
      response.end(`<!doctype html><title>.</title><main></main><script type="module">${script}</script>`);
    }).listen(0, '127.0.0.1');
    await once(site, 'listening');
  }, 60_000);
  beforeEach(async () => {
    context = await browser.newContext();
    app.runs.length = 0;
    Object.assign(app, { length: 40, upTo: 10, paceMs: 2 });
  });
  afterEach(() => context.close());
  afterAll(async () => {
    await browser.close();
    site.close();
  });

  async function open(path: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}${path}`);
    return page;
  }

  /** Waits until the page shows so many tokens and, in React, so much else. */
  async function shows(page: Page, tokens: number, more = '', selector = 'main'): Promise<void> {
    const text = app.text.slice(0, tokens).join('') + more;
    const seen = ([at, wanted]: readonly string[]): boolean =>
      document.querySelector(at!)?.textContent === wanted;
    await page.waitForFunction(seen, [selector, text] as const, WAIT);
  }

  const ended = (page: Page): Promise<unknown> =>
    page.waitForFunction(() => document.title === 'end', undefined, WAIT);

  it('goes on after a reload in the middle, and the model ran once', async () => {
    const page = await open('/plain');
    await shows(page, 10);
    await page.reload();
    await shows(page, 10);
    await page.reload();
    await shows(page, 10);
    app.upTo = 40;
    await ended(page);
    await shows(page, 40);
    expect(app.runs).toHaveLength(1);
  });

  it('goes on in another tab when its tab is closed, and in two', async () => {
    const first = await open('/plain#local');
    await shows(first, 10);
    await first.close();
    app.upTo = 20;
    const tabs = await Promise.all([open('/plain#local'), open('/plain#local')]);
    for (const tab of tabs) await shows(tab, 20);
    app.upTo = 40;
    for (const tab of tabs) {
      await ended(tab);
      await shows(tab, 40);
    }
    expect(app.runs).toHaveLength(1);
  });

  it('goes on after five seconds without a network', async () => {
    const page = await open('/plain');
    await shows(page, 10);
    await context.setOffline(true);
    app.upTo = 30;
    await page.waitForFunction(() => globalThis.stateOfClient() !== 'live', undefined, WAIT);
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 5000)));
    expect(await page.textContent('main')).toBe(app.text.slice(0, 10).join(''));
    await context.setOffline(false);
    await shows(page, 30);
    app.upTo = 40;
    await ended(page);
    await shows(page, 40);
    expect(app.runs).toHaveLength(1);
  });

  it('is one call in React, also in StrictMode, goes on after a reload, and is cancelled by a click', async () => {
    const page = await open('/react');
    for (const id of ['kept', 'plain']) await shows(page, 10, 'streaming', `#${id}`);
    expect(app.runs).toHaveLength(2);
    await page.reload();
    for (const id of ['kept', 'plain']) await shows(page, 10, 'streaming', `#${id}`);
    expect(app.runs).toHaveLength(3);
    app.upTo = 20;
    for (const id of ['kept', 'plain']) await shows(page, 20, 'streaming', `#${id}`);
    for (const id of ['kept', 'plain']) await page.click(`#${id}`);
    for (const id of ['kept', 'plain']) await shows(page, 20, 'cancelled', `#${id}`);
    expect(app.runs).toHaveLength(3);
  });
});
