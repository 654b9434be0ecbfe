import { type EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { jest } from '@jest/globals';
import { type Client, type Clock, createClient, topic } from 'kittiwake-client';
import { useTopic } from 'kittiwake-client/react';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { Connections } from '../../src/connection/connections.js';
import { launchBrowser } from '../../test/support/browser.js';
import { TestGateway } from '../../test/support/gateway.js';
import { StubApp } from '../../test/support/stub-app.js';
import { TcpProxy } from '../../test/support/tcp-proxy.js';
import { signToken } from '../../test/support/tokens.js';
import { eventually } from '../../test/support/wait.js';
import { bundled } from './bundled.js';

jest.setTimeout(40_000);

/** What the pages below leave for the test. */
declare global {
  var kit: typeof import('kittiwake-client');
  var client: Client;
  var told: unknown[];
  var arrive: () => void;
  var states: string[];
  var errors: unknown[];
  var shown: () => unknown;
  var wasCached: boolean;
}

const START = `
  import { createClient, live, topic } from './index.ts';
  globalThis.states = [];
  globalThis.errors = [];
  const client = createClient({ url: GATEWAY, backOff: { baseMs: 200 } });
  client.on('state', (state, { reason }) => states.push(state + ':' + reason));
  client.on('error', ({ code }) => errors.push(code));
  addEventListener('pageshow', ({ persisted }) => (globalThis.wasCached = persisted));
`;
/** A page that makes what a test says. */
const KIT = `
  import { call, createClient, live, topic } from './index.ts';
  Object.assign(globalThis, { kit: { call, createClient, live, topic }, states: [], errors: [], told: [] });
`;
/** A page, or a worker, that says how its connection is. */
const STATES = `
  import { createClient } from './index.ts';
  const client = createClient({ url: GATEWAY });
  const ports = [];
  const say = () => ports.forEach((port) => port.postMessage(client.state));
  if (globalThis.document) ports.push({ postMessage: (state) => (document.title = state) });
  else if ('onconnect' in globalThis) globalThis.onconnect = (event) => ports.push(event.ports[0]) && say();
  else ports.push(globalThis);
  client.on('state', say);
  client.connect();
`;
const WORKERS = `
  globalThis.states = {};
  for (const Kind of [Worker, SharedWorker]) {
    const worker = new Kind('/states.js', { type: 'module' });
    (worker.port ?? worker).onmessage = ({ data }) => (states[Kind.name] = data);
  }
`;
const HYDRATED = `${START}
  import { createElement as h, lazy, StrictMode, Suspense } from 'react';
  import { createRoot, hydrateRoot } from 'react-dom/client';
  import { useTopic } from './react.ts';
  console.error = (...what) => errors.push(what.join(' '));
  const Late = lazy(() => new Promise((resolve) => (globalThis.arrive = () => resolve({ default: () => 'late ' }))));
  function Price() {
    const { data, status } = useTopic(() => topic(client, 'books.hydrated'), [], (_, update) => update);
    return status + ' ' + data;
  }
  const [root, late] = document.querySelectorAll('main');
  hydrateRoot(root, h(StrictMode, null, h(Price)), { onRecoverableError: (error) => errors.push(String(error)) });
  createRoot(late).render(h(StrictMode, null, h(Suspense, { fallback: 'soon' }, h(Price), h(Late))));
  globalThis.shown = () => root.innerText + ', ' + late.innerText;
`;
const PLAIN = `${START}
  const view = live(topic(client, 'books.1'), (_, update) => update);
  globalThis.shown = () => view.value.data;
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
const pages = new Map<string, Served>();
/** Gives the pages their tokens. */
let tokenOf: (reason: string) => string | null = () => null;
const SECRET = 'a-secret-of-thirty-two-characters';

interface Served {
  readonly type: string;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

beforeAll(async () => {
  app = await StubApp.start();
  [gateway, browser] = await Promise.all([
    TestGateway.start({
      origins: ['*'],
      auth: {
        jwt: { algorithms: ['HS256'], secret: SECRET, clockTolerance: '0s', fields: { user_id: 'sub' } },
      },
      rooms: { api: { url: `${app.url}/rooms/` } },
      services: {
        books: {
          requireAuthentication: false,
          authorizer: `${app.url}/authorizer`,
          onUnsubscribe: `${app.url}/left`,
        },
        kept: { requireAuthentication: false, history: { size: 100 } },
        mine: { authorizer: `${app.url}/authorizer` },
      },
    }),
    // Playwright switches the back/forward cache off, which is what this is about.
    launchBrowser({ ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
  ]);
  site = createServer(({ url = '' }, response) => {
    if (url.startsWith('/token?')) return giveToken(url.slice('/token?'.length), response);
    const { type, body, headers } = pages.get(url) ?? htmlOf('');
    response.writeHead(200, { 'Content-Type': type, ...headers }).end(body);
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  for (const [path, code] of Object.entries({ PLAIN, REACT, KIT, WORKERS, HYDRATED }))
    pages.set(`/${path.toLowerCase()}`, htmlOf(await bundled(code, gateway.url)));
  pages.set('/states.js', { type: 'text/javascript', body: await bundled(STATES, gateway.url) });
  pages.set('/strict', {
    type: 'text/html',
    body: '<!doctype html><script type="module" src="/states.js"></script>',
    headers: { 'Content-Security-Policy': "default-src 'none'; script-src 'self'; connect-src ws:" },
  });
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

function htmlOf(script: string, body = ''): Served {
  const code = script && `<script type="module">${script}</script>`;
  return { type: 'text/html', body: `<!doctype html><title>.</title><body>${body}${code}` };
}

function giveToken(reason: string, response: ServerResponse): void {
  try {
    response.end(JSON.stringify(tokenOf(reason)));
  } catch {
    response.writeHead(503).end();
  }
}

function tokenFor(sub: string, lifeS: number): string {
  return signToken({
    algorithm: 'HS256',
    key: SECRET,
    claims: { sub, exp: Date.now() / 1000 + lifeS },
  });
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

/** A page with a client that waits little, and asks the site for tokens if it is to. */
async function kitPage(url: string, { ping = {}, hasAuth = false, chance = 0.5 } = {}): Promise<Page> {
  const page = await context.newPage();
  await page.goto(at('/kit'));
  await page.evaluate(
    (options) => {
      const token = async ({ reason }: { reason: string }): Promise<string> =>
        (await fetch(`/token?${reason}`)).json() as Promise<string>;
      const { hasAuth, chance, ...rest } = options;
      const clock: Clock = {
        now: () => performance.now(),
        set: (task, ms) => setTimeout(task, ms),
        clear: (timer) => clearTimeout(timer as number),
        random: () => chance,
      };
      globalThis.client = globalThis.kit.createClient({
        ...rest,
        clock,
        ...(hasAuth && { auth: { token } }),
      });
      globalThis.client.on('state', (state, { reason }) => globalThis.states.push(`${state}:${reason}`));
      globalThis.client.on('error', ({ code }) => globalThis.errors.push(code));
    },
    { url, ping, hasAuth, chance, backOff: { baseMs: 50 } },
  );
  return page;
}

/** Has the page follow topics, and tell everything that happens to them. */
async function follow(page: Page, ...names: string[]): Promise<void> {
  await page.evaluate((all) => {
    for (const name of all) {
      const topic = globalThis.kit.topic(globalThis.client, name);
      topic.on('event', (event) => globalThis.told.push(event.type === 'update' ? event.data : event.type));
      topic.on('status', (status, error) => globalThis.told.push(error ? `${status}:${error.code}` : status));
    }
  }, names);
}

const told = (page: Page): Promise<unknown[]> => page.evaluate(() => globalThis.told);

async function hasTold(page: Page, count: number): Promise<void> {
  await page.waitForFunction((all) => globalThis.told.length >= all, count, { timeout: 20_000 });
}

async function isIn(page: Page, state: string): Promise<void> {
  await page.waitForFunction((last) => globalThis.states.at(-1)?.startsWith(last), state, {
    timeout: 20_000,
  });
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
    const proxy = await TcpProxy.start(gateway.port);
    const page = await kitPage(`ws://127.0.0.1:${proxy.port}/ws`);
    await page.evaluate(() => globalThis.client.connect());
    await isIn(page, 'live');
    // A network is gone before the browser says so. Chromium says so first, and may still bring the answer to a ping.
    proxy.silence(0);
    await context.setOffline(true);
    const code = page.evaluate(() =>
      globalThis.kit
        .call(globalThis.client, 'add', [1, 2], { timeoutMs: 60_000 })
        .catch(({ code }: { code: string }) => code),
    );
    await page.waitForFunction(() => globalThis.states.includes('waiting:silent'));
    await context.setOffline(false);
    expect(await code).toBe('connection_lost');
    await isIn(page, 'live');
    await page.close();
    await proxy.stop();
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

  it('notices a connection on which nothing comes any more, and does not wait for it', async () => {
    const proxy = await TcpProxy.start(gateway.port);
    const page = await kitPage(`ws://127.0.0.1:${proxy.port}/ws`, { ping: { everyMs: 300, withinMs: 300 } });
    await follow(page, 'kept.silent');
    await hasTold(page, 2);
    proxy.silence(0);
    await page.waitForFunction(() => globalThis.states.includes('waiting:silent'));
    await isIn(page, 'live');
    await gateway.publish({ subscription: 'kept.silent', data: 1 });
    await hasTold(page, 5);
    expect(await told(page)).toEqual(['state', 'live', 'stale', 'live', 1]);
    await page.close();
    await proxy.stop();
  });

  it('has every update of fifty topics once and in order after a cut', async () => {
    const proxy = await TcpProxy.start(gateway.port);
    const page = await kitPage(`ws://127.0.0.1:${proxy.port}/ws`);
    await page.evaluate(() => {
      for (let index = 0; index < 50; index++) {
        const topic = globalThis.kit.topic(globalThis.client, `kept.${index}`);
        topic.on('event', (event) => globalThis.told.push(event.type === 'update' ? event.data : event.type));
      }
    });
    await hasTold(page, 50);
    proxy.turnTo((site.address() as AddressInfo).port); // There is no gateway.
    await isIn(page, 'waiting');
    const updates = Array.from({ length: 20 }, (_, index) => [index % 5, index] as const);
    for (const [topic, data] of updates)
      await gateway.publish({ subscription: `kept.${topic}`, data: [topic, data] });
    proxy.turnTo(gateway.port);
    await hasTold(page, 70);
    const heard = (await told(page)).slice(50) as [number, number][];
    expect(heard.toSorted(([, a], [, b]) => a - b)).toEqual(updates);
    for (const topic of [0, 1, 2, 3, 4]) {
      const own = heard.filter(([of]) => of === topic).map(([, data]) => data);
      expect(own).toEqual(own.toSorted((a, b) => a - b));
    }
    await page.close();
    await proxy.stop();
  });

  it('does not judge by timers that stood still, and is back after a cut that it slept through', async () => {
    const proxy = await TcpProxy.start(gateway.port);
    const page = await kitPage(`ws://127.0.0.1:${proxy.port}/ws`, { ping: { everyMs: 400, withinMs: 400 } });
    await follow(page, 'kept.frozen');
    await hasTold(page, 2);
    const debug = await context.newCDPSession(page);
    await debug.send('Debugger.enable');
    const sleeps = async (meanwhile?: () => void): Promise<void> => {
      const asleep = once(debug as unknown as EventEmitter, 'Debugger.paused');
      await debug.send('Debugger.pause');
      await asleep;
      meanwhile?.();
      await delay(1500); // Both timers are long due then: it is time that this is about.
      await debug.send('Debugger.resume');
    };
    await sleeps();
    await gateway.publish({ subscription: 'kept.frozen', data: 1 });
    await hasTold(page, 3);
    await sleeps(() => proxy.turnTo(gateway.port));
    await gateway.publish({ subscription: 'kept.frozen', data: 2 });
    await hasTold(page, 6);
    expect(await told(page)).toEqual(['state', 'live', 1, 'stale', 'live', 2]);
    expect((await states(page)).filter((state) => state.startsWith('waiting'))).toEqual(['waiting:lost']);
    await page.close();
    await proxy.stop();
  });

  it('comes back from a gateway that restarts', async () => {
    const services = { books: { requireAuthentication: false } };
    const first = await TestGateway.start({ origins: ['*'], services });
    const proxy = await TcpProxy.start(first.port);
    const page = await kitPage(`ws://127.0.0.1:${proxy.port}/ws`, { chance: 0.1 });
    await follow(page, 'books.1');
    await hasTold(page, 2);
    await first.stop();
    await isIn(page, 'waiting:server');
    const { code, retryInMs } = await page.evaluate(() => globalThis.client.info);
    expect([code, retryInMs]).toEqual([1012, 500]);
    const second = await TestGateway.start({ origins: ['*'], services });
    proxy.turnTo(second.port);
    await hasTold(page, 6);
    expect(await told(page)).toEqual(['state', 'live', 'stale', 'gap', 'state', 'live']);
    await page.close();
    await proxy.stop();
    await second.stop();
  });

  it('proves who it is anew, and loses nothing when the app has no token in time', async () => {
    const asked: string[] = [];
    tokenOf = (reason) => {
      asked.push(reason);
      if (asked.length === 3 || asked.length === 4) throw new Error('the app is down');
      return tokenFor('ann', asked.length < 5 ? 2.9 : 60);
    };
    const page = await kitPage(gateway.url, { hasAuth: true });
    await follow(page, 'mine.1');
    await hasTold(page, 2);
    await eventually(() => asked.length === 2);
    await gateway.publish({ subscription: 'mine.1', data: 1 });
    await hasTold(page, 3);
    expect([await told(page), await states(page)]).toEqual([
      ['state', 'live', 1],
      ['connecting:asked', 'live:asked'],
    ]);
    await eventually(() => asked.length === 5, { timeoutMs: 20_000 });
    await isIn(page, 'live');
    await page.waitForFunction(() => globalThis.told.at(-1) === 'live');
    await gateway.publish({ subscription: 'mine.1', data: 2 });
    await page.waitForFunction(() => globalThis.told.at(-1) === 2);
    expect([asked[0], ...new Set(asked.slice(1)), open()]).toEqual(['connect', 'expiring', 1]);
  });

  it('asks twice for a token that has expired, and is closed then', async () => {
    const asked: string[] = [];
    tokenOf = (reason) => {
      asked.push(reason);
      return tokenFor('ann', -60);
    };
    const page = await kitPage(gateway.url, { hasAuth: true });
    await follow(page, 'mine.1');
    await isIn(page, 'closed');
    expect([asked, await page.evaluate(() => globalThis.errors), await told(page)]).toEqual([
      ['connect', 'refused'],
      ['authentication_failed'],
      ['ended:authentication_failed'],
    ]);
  });

  it('joins what it may after a login, on the same connection', async () => {
    tokenOf = () => null;
    const page = await kitPage(gateway.url, { hasAuth: true });
    await follow(page, 'kept.login', 'mine.1', 'mine.2');
    await hasTold(page, 4);
    app.answer('/authorizer', { body: { status: 'error' } });
    tokenOf = () => tokenFor('ann', 60);
    await page.evaluate(() => globalThis.client.reauthenticate());
    await hasTold(page, 9);
    const count = (await told(page)).filter((one) => one === 'ended:unauthorized').length;
    expect([count, await states(page), open()]).toEqual([1, ['connecting:asked', 'live:asked'], 1]);
    tokenOf = () => null;
    await page.evaluate(() => globalThis.client.reauthenticate());
    await page.waitForFunction(
      () => globalThis.told.filter((one) => one === 'ended:authentication_required').length === 3,
    );
  });

  it('is live in workers, under a strict policy, and in a page of a file', async () => {
    const page = await context.newPage();
    await page.goto(at('/workers'));
    await page.waitForFunction(() => {
      const { Worker, SharedWorker } = globalThis.states as unknown as Record<string, string>;
      return Worker === 'live' && SharedWorker === 'live';
    });
    await page.goto(at('/strict'));
    await page.waitForFunction(() => document.title === 'live');
    expect(open()).toBeGreaterThan(0);
    const folder = await mkdtemp(pathOf(tmpdir(), 'kittiwake-page-'));
    const file = pathOf(folder, 'page.html');
    await writeFile(file, htmlOf(pages.get('/states.js')!.body).body);
    await page.goto(pathToFileURL(file).href);
    await page.waitForFunction(() => document.title === 'live');
    await rm(folder, { recursive: true });
  });

  it('takes over what a server has rendered, and shows what was suspended', async () => {
    const client = createClient({ url: gateway.url, transports: [] });
    const Price = (): string => {
      const { data, status } = useTopic(
        () => topic(client, 'books.hydrated'),
        [],
        (_, update) => update,
      );
      return `${status} ${String(data)}`;
    };
    const { body } = pages.get('/hydrated')!;
    const html = `<main>${renderToString(createElement(Price))}</main><main></main>`;
    pages.set('/hydrated', { type: 'text/html', body: body.replace('<body>', `<body>${html}`) });
    const page = await livePage('/hydrated');
    await page.waitForFunction(() => globalThis.shown() === 'live undefined, soon');
    await gateway.publish({ subscription: 'books.hydrated', data: 7 });
    await page.waitForFunction(() => globalThis.shown() === 'live 7, soon');
    await page.evaluate(() => globalThis.arrive());
    await page.waitForFunction(() => String(globalThis.shown()).endsWith('late'));
    await gateway.publish({ subscription: 'books.hydrated', data: 8 });
    await page.waitForFunction(() => globalThis.shown() === 'live 8, live 8late');
    expect(await page.evaluate(() => globalThis.errors)).toEqual([]);
    expect([app.paths.filter((path) => path === '/authorizer').length, open()]).toEqual([1, 1]);
  });
});
