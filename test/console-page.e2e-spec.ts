import axe from 'axe-core';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { Hub } from '../src/delivery/hub.js';
import { launchBrowser } from './support/browser.js';
import { stoppedAfterAll } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { FULL_KEY, OPERATOR_KEYS, READ_KEY } from './support/console.js';
import { TestGateway } from './support/gateway.js';
import { eventually } from './support/wait.js';

const CLIENTS = 2_000;
const AT_A_TIME = 200;
/** How much wider the page is than the screen, and the colour of its paper. */
const LAID_OUT =
  '[document.documentElement.scrollWidth - innerWidth, getComputedStyle(document.body).backgroundColor]';
const VIEWS = [
  'Overview',
  'Connections',
  'Topics & rooms',
  'Callbacks',
  'Tail',
  'Refusals',
  'Publish & trigger',
  'Configuration',
];
/** Those that have a row here in any case. */
const FULL_VIEWS = new Set(['Overview', 'Connections', 'Topics & rooms', 'Configuration']);
const TURNED = "void document.dispatchEvent(new Event('visibilitychange'))";
const stopped = stoppedAfterAll();
let gateway: TestGateway;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What the browser complains of, but for what the tests provoke. */
let complaints: string[];
let sockets: Socket[] = [];
let reader: TestClient;

beforeAll(async () => {
  gateway = stopped(
    await TestGateway.start({
      operators: { port: 0, keys: OPERATOR_KEYS },
      services: { books: { requireAuthentication: false } },
      limits: { acceptQueue: CLIENTS },
    }),
  );
  for (let made = 0; made < CLIENTS - 1; made += AT_A_TIME)
    await Promise.all(Array.from({ length: Math.min(AT_A_TIME, CLIENTS - 1 - made) }, connected));
  reader = await TestClient.connect(gateway.url, ['kittiwake.v1.json']);
  await reader.ask({ event: 'subscribe', subscription: 'books.1' });
  browser = await launchBrowser();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  reader?.drop();
  for (const socket of sockets) socket.destroy();
  sockets = [];
});

/** A client of which nothing more is wanted: as cheap as can be. */
async function connected(): Promise<void> {
  const socket = connect(gateway.port, '127.0.0.1').on('error', () => undefined);
  sockets.push(socket);
  socket.write(
    'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  await once(socket, 'data');
  socket.pause();
}

async function opened(key?: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
  complaints = [];
  context = await browser.newContext(options);
  page = await context.newPage();
  page.setDefaultTimeout(5_000);
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(gateway.operatorsUrl) && !request.url().startsWith('data:'))
      complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(`${gateway.operatorsUrl}/console`);
  if (key !== undefined) await signIn(key);
}

afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
});

async function signIn(key: string): Promise<void> {
  await page.getByLabel('Key', { exact: true }).fill(key);
  await page.getByRole('button', { name: 'Open the console' }).click();
}

const tile = (label: string) => page.locator('.tile', { has: page.getByText(label, { exact: true }) });

async function atView(name: string): Promise<void> {
  await page.getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

describe('the page of the console', () => {
  it('takes a key, which this tab alone keeps, until it is closed or signed out', async () => {
    await opened();
    await signIn('a-key-that-is-none-of-them');
    await page.getByTestId('notice').filter({ hasText: 'not one of operators.keys' }).waitFor();
    await signIn(READ_KEY);
    await page.getByText('read only').waitFor();
    expect(await page.evaluate('[document.cookie, localStorage.length, sessionStorage.length]')).toEqual([
      '',
      0,
      1,
    ]);
    await page.reload();
    await page.getByText('read only').waitFor();
    await atView('Publish & trigger');
    expect(await page.getByRole('button', { name: 'Publish' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Key for operators' }).waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  });

  it.each([
    [390, 'dark'],
    [820, 'light'],
    [1440, 'dark'],
  ] as const)('fits a screen of %d pixels, %s, with 2,000 clients', async (width, colorScheme) => {
    await opened(FULL_KEY, { viewport: { width, height: 900 }, colorScheme });
    await tile('Connections').getByText('2,000').waitFor();
    await page.evaluate(axe.source);
    for (const view of VIEWS) {
      await atView(view);
      if (FULL_VIEWS.has(view)) await page.locator('tbody tr').first().waitFor();
      expect([view, await faults()]).toEqual([view, []]);
      const [over, paper] = await page.evaluate<[number, string]>(LAID_OUT);
      expect([view, over]).toEqual([view, 0]);
      expect(paper).toBe(colorScheme === 'dark' ? 'rgb(15, 21, 27)' : 'rgb(243, 245, 247)');
    }
    // Most of it is shown: an empty page is a few thousand bytes.
    expect((await page.screenshot()).length).toBeGreaterThan(20_000);
  });

  it('is walked through with the keyboard alone, and keeps the focus over what comes anew', async () => {
    const victim = await TestClient.connect(gateway.url, ['kittiwake.v1.json']);
    const { connection_id: id } = await victim.greeting();
    await opened(FULL_KEY);
    await tile('Connections').waitFor();
    await page.reload();
    await tile('Connections').waitFor();
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to content');
    for (const name of ['Overview', 'Connections']) {
      await page.keyboard.press('Tab');
      expect(await focused()).toBe(name);
    }
    await page.keyboard.press('Enter');
    await eventually(async () => (await focused()) === 'Connections' && (await tagged()) === 'H1');
    await page.keyboard.press('Tab');
    await page.keyboard.type('C'); // of the choices, Connection
    await page.keyboard.press('Tab');
    await page.keyboard.type(String(id));
    await page.keyboard.press('Enter');
    await page.getByText('1 in all').waitFor();
    while ((await focused()) !== 'Disconnect') await page.keyboard.press('Tab');
    const answered = page.waitForResponse(/api\/connections/);
    await page.evaluate(TURNED); // it looks again
    await answered;
    expect(await focused()).toBe('Disconnect');
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('Cancel');
    await page.keyboard.press('Escape');
    expect([await focused(), victim.closed]).toEqual(['Disconnect', undefined]);
    await page.keyboard.press('Enter');
    // Asked again before the page has been told that it was closed.
    await Promise.all([page.keyboard.press('Escape'), page.keyboard.press('Enter')]);
    await eventually(async () => (await focused()) === 'Cancel');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByTestId('notice').filter({ hasText: '1 connection disconnected.' }).waitFor();
    await eventually(() => victim.closed);
  });

  it('follows what comes, and what it publishes itself', async () => {
    await opened(FULL_KEY);
    await atView('Topics & rooms');
    await page.getByRole('link', { name: 'Follow books.1' }).click();
    await page.getByTestId('following').filter({ hasText: 'Following topic books.1.' }).waitFor();
    await gateway.publish({ subscription: 'books.1', data: { title: 'Kokoro' } });
    await page.getByText('{"title":"<text, 6>"}').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByLabel('Show data').check();
    await page.getByRole('button', { name: 'Follow', exact: true }).click();
    await page.getByTestId('following').filter({ hasText: 'Following topic' }).waitFor();
    await gateway.publish({ subscription: 'books.1', data: { title: 'Kokoro' } });
    await page.getByText('{"title":"Kokoro"}').waitFor();
    await atView('Publish & trigger');
    await eventually(() => gateway.app.get(Hub).channels.get('books.1')?.['listeners']?.size === 0);
    await page.getByLabel('Topic').fill('books.1');
    await page.getByLabel('Data, as JSON').fill('{"n": 12345678901234567890');
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByTestId('notice').filter({ hasText: 'The JSON is wrong' }).waitFor();
    await page.getByLabel('Data, as JSON').fill('{"n": 12345678901234567890}');
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByTestId('notice').filter({ hasText: 'Published to books.1.' }).waitFor();
    await eventually(() => reader.frames.some((frame) => frame.includes('12345678901234567890')));
  });

  it('asks for nothing while nobody sees it', async () => {
    await opened(FULL_KEY);
    await tile('Connections').getByText(/\d/).waitFor();
    await page.clock.install();
    await atView('Refusals');
    await page.getByText('operator_refused').first().waitFor();
    let asked = 0;
    page.on('request', () => asked++);
    const turn = (isHidden: boolean): Promise<void> =>
      page.evaluate(
        `Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true }); ${TURNED}`,
      );
    await turn(true);
    await page.clock.runFor(60_000);
    expect(asked).toBe(0);
    await turn(false);
    await eventually(() => asked === 1);
  });

  it('says which nodes have not answered, and that the gateway does not', async () => {
    await opened();
    const body = { status: 'ok', nodes: [], complete: false, asked: 2, answered: 1, missing: ['web-2'] };
    await page.route(/api\/nodes/, (route) => route.fulfill({ json: body }));
    await signIn(FULL_KEY);
    await page.getByTestId('partial').filter({ hasText: 'of 2 nodes, web-2 did not answer' }).waitFor();
    const callback = { service: 'books', callback: 'authorizer', calls: 9, failures: 9 };
    const callbacks = [{ ...callback, outcomes: { unavailable: 9 }, latency: {} }];
    const told = {
      status: 'ok',
      callbacks,
      waiting: 0,
      waiting_seconds: 0,
      paused: ['books'],
      complete: true,
    };
    await page.route(/api\/callbacks/, (route) => route.fulfill({ json: told }), { times: 1 });
    await atView('Callbacks');
    await page.getByText('not asked for a while').waitFor();
    const settings = [{ key: 'a.b', value: 1, about: 'What', source: { kind: 'default' } }];
    const differences = [
      { node: 'web-2', key: 'a.b', value: 2, source: { kind: 'file', name: 'k.yaml' } },
      { node: 'web-3', key: 'a.b' },
    ];
    const config = { settings, differences, complete: true, asked: 3, answered: 3, missing: [] };
    await page.route(/api\/config/, (route) => route.fulfill({ json: config }));
    await atView('Configuration');
    const others = page.getByRole('table', { name: 'What other nodes have otherwise' });
    await others.getByRole('row').nth(2).waitFor();
    expect(await others.getByRole('row').allInnerTexts()).toEqual([
      expect.any(String),
      expect.stringMatching(/web-2\s+a\.b\s+2\s+file\s+k\.yaml/),
      expect.stringMatching(/web-3\s+a\.b\s+–\s+not configured/),
    ]);
    await page.route(/api\/callbacks/, (route) => route.abort());
    await atView('Callbacks');
    await page.getByTestId('notice').filter({ hasText: 'The gateway does not answer.' }).waitFor();
    expect(complaints.splice(0)).toEqual([expect.stringContaining('net::ERR_FAILED')]);
  });
});

const focused = (): Promise<string> => page.evaluate('document.activeElement.textContent');
const tagged = (): Promise<string> => page.evaluate('document.activeElement.tagName');

/** Links to views are no links over what is repeated. */
const RULES = "{ 'skip-link': { enabled: false } }";

/** What is in the way of who uses the page by a screen reader or sees little (WCAG 2.2 AA): the rule, and where. */
const faults = (): Promise<string[]> =>
  page.evaluate(`axe
    .run({ rules: ${RULES}, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
    .then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ': ' + target + ' ' + failureSummary)),
    )`);
