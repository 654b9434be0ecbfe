import type { Browser, Page } from 'playwright-core';
import { ensureBuilt, Program } from './support/bookshop.js';
import { launchBrowser, shows } from './support/browser.js';
import { eventually } from './support/wait.js';

/** Longer than the longest wait of a client before it tries again, 20 s. */
const PAGE_TIMEOUT_MS = 30_000;

describe('the help desk, a Django-style app', () => {
  const uncaught: string[] = [];
  let demo: Program;
  let url: string;
  let browser: Browser;
  let anna: Page;
  let ben: Page;

  beforeAll(async () => {
    ensureBuilt();
    demo = await Program.demo('examples/django-style/demo.mjs');
    [url, browser] = await Promise.all([
      demo.until('the address of the page', () => /open: +(http:\/\/\S+)/.exec(demo.output)?.[1]),
      launchBrowser(),
    ]);
    [anna, ben] = await Promise.all([signIn('anna'), signIn('ben')]);
  }, 40_000);

  afterAll(async () => {
    await browser?.close();
    await demo?.end('SIGINT');
  }, 30_000);

  /** Opens a page in a browser of its own, with cookies of its own. */
  async function open(path: string): Promise<Page> {
    const context = await browser.newContext({ locale: 'en' });
    context.setDefaultTimeout(PAGE_TIMEOUT_MS);
    const page = await context.newPage();
    page.on('pageerror', (error) => uncaught.push(error.message));
    await page.goto(`${url}${path}`);
    return page;
  }

  async function signIn(name: string): Promise<Page> {
    const page = await open('/login/');
    await page.getByTestId('name').fill(name);
    await page.getByTestId('password').fill('demo');
    await page.getByTestId('login').click();
    await shows(page, 'state', 'Live');
    return page;
  }

  it('shows the refusal to a visitor who is not signed in', async () => {
    const visitor = await open('/');

    await shows(visitor, 'state', 'Refused: sign in first');

    await visitor.context().close();
  });

  it('shows a message of a customer only to those who may see the customer', async () => {
    const carla = await signIn('carla');

    await send(anna, '1', 'The parcel is late.');
    await shows(anna, 'message', 'Customer 1, from Anna: The parcel is late.');
    await shows(carla, 'message', 'Customer 1, from Anna: The parcel is late.');
    await send(carla, '2', 'The invoice is paid.');
    await shows(ben, 'message', 'Customer 2, from Carla: The invoice is paid.');

    // Triggers of one app keep their order: what Ben was not told by now, he never will be.
    expect(await texts(ben, 'message')).toEqual(['Customer 2, from Carla: The invoice is paid.']);
    await carla.context().close();
  });

  it('tells who sends for somebody else’s customer that it is refused', async () => {
    await send(anna, '2', 'Hello?');

    await shows(anna, 'note', 'This is not your customer.');
  });

  it('shows who is here, and who has gone when a page closes', async () => {
    await showsPeople(anna, ['Anna', 'Ben']);
    const carla = await signIn('carla');
    await showsPeople(anna, ['Anna', 'Ben', 'Carla']);
    await showsPeople(carla, ['Anna', 'Ben', 'Carla']);

    await carla.close();

    await showsPeople(anna, ['Anna', 'Ben']);
    await showsPeople(ben, ['Anna', 'Ben']);
  });

  it('keeps somebody here whose second page closes', async () => {
    const second = await ben.context().newPage();
    await second.goto(url);
    await showsPeople(second, ['Anna', 'Ben']);
    await second.close();
    const carla = await signIn('carla');

    await showsPeople(carla, ['Anna', 'Ben', 'Carla']);
  });

  it('takes no request from a page without the CSRF token', async () => {
    const response = await anna.request.post(`${url}/api/customers/1/messages/`, {
      data: { text: 'forged' },
    });

    expect(response.status()).toBe(403);
    expect(await response.json()).toEqual({ error: 'The CSRF token is missing or wrong.' });
  });

  it('leaves no error uncaught in a page', () => {
    expect(uncaught).toEqual([]);
  });

  it('ends with Ctrl-C', async () => {
    expect(await demo.end('SIGINT')).toEqual({ code: 0, signal: null });
  });
});

async function send(page: Page, customer: string, text: string): Promise<void> {
  await page.getByTestId('customer').fill(customer);
  await page.getByTestId('text').fill(text);
  await page.getByTestId('send').click();
}

async function texts(page: Page, testId: string): Promise<string[]> {
  return page.getByTestId(testId).allTextContents();
}

async function showsPeople(page: Page, names: readonly string[]): Promise<void> {
  await eventually(async () => (await texts(page, 'person')).join() === names.join(), {
    timeoutMs: PAGE_TIMEOUT_MS,
    what: `a page with ${names.join(', ')}`,
  });
}
