import { examine } from '../src/cli/doctor/examine.js';
import { loadSettings } from '../src/config/loading/load-settings.js';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from './support/browser.js';
import { stoppedAfterEach } from './support/cleanup.js';
import type { TestClient } from './support/client.js';
import { Recipe, Visitor } from './support/recipe.js';

const RECIPES = ['python', 'php', 'ruby', 'django', 'node', 'express'];
/** A browser that many others hold up. */
const PAGE_TIMEOUT_MS = 40_000;
const stopped = stoppedAfterEach();

describe.each(RECIPES)('the shop with %s', (name) => {
  let recipe: Recipe;
  let anna: Visitor;
  let carla: Visitor;

  beforeAll(async () => {
    recipe = await Recipe.start(name);
    [anna, carla] = await Promise.all([recipe.visitor('anna'), recipe.visitor('carla')]);
  });

  afterAll(() => recipe?.stop());

  it('pleases the doctor', async () => {
    const findings = await examine(async () => loadSettings(recipe.options));
    const ofApp = findings.filter(({ about }) => /^(?:auth|services|rooms|origins)/.test(about));
    expect(ofApp.map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => 'ok'));
  });

  it('lets nobody in with a wrong password, or from a page of another site', async () => {
    expect(await anna.ask('POST', '/login', { name: 'anna', password: 'wrong' })).toMatchObject({
      status: 403,
    });
    expect(await anna.ask('POST', '/login', { name: 'eve', password: '' })).toMatchObject({ status: 403 });

    const victim = await recipe.visitor('carla');
    victim.forgetToken();

    expect(await victim.ask('POST', '/orders/3', { status: 'packed' })).toMatchObject({ status: 403 });
    expect(await victim.ask('POST', '/ticket', {})).toMatchObject({ status: 403 });
  });

  it('answers no callback to who is not Kittiwake', async () => {
    for (const path of ['ticket', 'authorizer', 'state']) {
      const response = await recipe.callback(
        path,
        { ticket: 'T', subscription: 'orders.1', login: 'L' },
        'guessed',
      );
      expect([path, response.status]).toEqual([path, 401]);
    }
  });

  it('takes a ticket once', async () => {
    const ticket = await anna.ticket();
    const client = await anna.connect();
    expect(await client.ask({ event: 'auth', ticket })).toMatchObject({ status: 'ok' });

    expect(await client.ask({ event: 'auth', ticket })).toMatchObject({ code: 'authentication_failed' });
    expect(await client.ask({ event: 'auth', ticket: 'guessed' })).toMatchObject({ status: 'error' });

    await client.close();
  });

  it('shows somebody their own orders, and nobody else’s', async () => {
    const client = await anna.authenticated();

    expect(await subscribe(client, 'orders.1')).toMatchObject({
      status: 'ok',
      data: { id: 1, customer: 'anna', book: 'Moby-Dick', status: 'paid', version: 1 },
    });
    expect(await subscribe(client, 'orders.3')).toMatchObject({
      code: 'unauthorized',
      error: 'This is not your order.',
    });
    expect(await subscribe(client, 'orders.none')).toMatchObject({ code: 'unauthorized' });
    expect((await anna.ask('GET', '/orders')).answer).toMatchObject({
      user: 'anna',
      staff: false,
      orders: [{ id: 1 }, { id: 2 }],
    });
    expect(await anna.ask('POST', '/orders/1', { status: 'shipped' })).toMatchObject({ status: 403 });

    await client.close();
  });

  it('tells of a change once, and of none that was rolled back', async () => {
    const client = await anna.authenticated();
    await subscribe(client, 'orders.2');

    expect(await carla.ask('POST', '/orders/2', { status: 'shipped' })).toMatchObject({
      status: 409,
      answer: { error: 'There is no copy left.' },
    });
    expect(await carla.ask('POST', '/orders/2', { status: 'packed' })).toMatchObject({ status: 200 });

    const order = { id: 2, customer: 'anna', book: 'Emma', status: 'packed', version: 2 };
    expect(await client.next()).toMatchObject({ subscription: 'orders.2', data: order });
    expect(await client.settled()).toEqual([]);
    await client.close();
  });

  it('lets no older change come after a newer state', async () => {
    const client = await carla.authenticated();
    await carla.ask('POST', '/orders/3', { status: 'packed' });
    expect(await subscribe(client, 'orders.3')).toMatchObject({ data: { status: 'packed', version: 2 } });

    for (const order of [1, 2])
      await recipe.gateway.publish({ subscription: 'orders.3', data: 'old', options: { order } });
    await carla.ask('POST', '/orders/3', { status: 'paid' });

    expect(await client.next()).toMatchObject({ data: { status: 'paid', version: 3 } });
    await client.close();
  });

  it('tells what was changed while the gateway was away, in order', async () => {
    const client = await anna.authenticated();
    await subscribe(client, 'orders.1');
    await join(client, 'anna');
    const changes = [
      ['packed', 2],
      ['paid', 3],
      ['shipped', 4],
    ] as const;

    await recipe.lose();
    for (const [status] of changes)
      expect(await carla.ask('POST', '/orders/1', { status })).toMatchObject({ status: 200 });
    recipe.found();

    for (const [status, version] of changes) {
      expect(await client.next()).toMatchObject({ event: 'message', data: { status, version } });
      expect(await client.next()).toMatchObject({
        event: 'trigger',
        data: { text: `Your Moby-Dick is ${status}.` },
      });
    }
    await client.close();
  });

  it('has notes in rooms, which are joined by the cookie of the session', async () => {
    const client = await anna.connect();
    expect(await join(client, 'anna')).toMatchObject({ status: 'ok' });
    expect(await join(client, 'ben')).toMatchObject({ code: 'room_not_found' });
    const staff = await carla.connect();
    expect(await join(staff, '*')).toMatchObject({ status: 'ok' });
    const ben = await (await recipe.visitor('ben')).connect();
    expect(await join(ben, 'ben')).toMatchObject({ status: 'ok' });
    const stranger = await new Visitor(recipe).connect();
    expect(await join(stranger, 'anna')).toMatchObject({ code: 'forbidden' });

    await carla.ask('POST', '/orders/1', { status: 'packed' });

    for (const told of [client, staff])
      expect(await told.next()).toMatchObject({
        event: 'trigger',
        data: { text: 'Your Moby-Dick is packed.' },
      });
    expect(await ben.settled()).toEqual([]);
    await Promise.all([client, staff, ben, stranger].map((one) => one.close()));
  });

  it('has who logs out lose the connection, and what it could see', async () => {
    const visitor = await recipe.visitor('anna');
    const client = await visitor.authenticated();
    const identity = await answerTo('ticket', { ticket: await visitor.ticket() });
    const asked = { ...identity, subscription: 'orders.1' };
    expect(await answerTo('authorizer', asked)).toMatchObject({ status: 'ok' });

    expect(await visitor.ask('POST', '/logout', {})).toMatchObject({ status: 200 });

    expect(await client.untilClosed()).toMatchObject({ code: 1012 });
    expect(await visitor.ask('POST', '/ticket', {})).toMatchObject({ status: 401 });
    expect(await answerTo('authorizer', asked)).toMatchObject({ error: 'Log in first.' });
    expect(await anna.ask('GET', '/orders')).toMatchObject({ status: 200 });
  });

  it('tells after a restart what it could not tell before', async () => {
    const client = await anna.authenticated();
    await subscribe(client, 'orders.1');

    await recipe.lose();
    await carla.ask('POST', '/orders/1', { status: 'paid' });
    await recipe.restartApp();
    recipe.found();

    expect(await client.next()).toMatchObject({ event: 'message', data: { status: 'paid', version: 6 } });
    expect(await client.settled()).toEqual([]);
    await client.close();
  });

  async function answerTo(path: string, body: object): Promise<Record<string, unknown>> {
    return (await (await recipe.callback(path, body)).json()) as Record<string, unknown>;
  }
});

describe('the page of the shop', () => {
  it(
    'shows orders as they change, and notes',
    async () => {
      const recipe = await Recipe.start('python');
      stopped(recipe);
      const browser = await launchBrowser();
      stopped({ stop: () => browser.close() });
      const [anna, carla] = [await logIn(browser, recipe, 'anna'), await logIn(browser, recipe, 'carla')];
      await anna.getByText('Moby-Dick: paid').waitFor();
      await carla.getByText('Ulysses: paid').waitFor();
      expect(await anna.getByText('Ulysses').count()).toBe(0);

      await carla.getByRole('listitem').filter({ hasText: 'Moby-Dick' }).getByRole('button').click();

      for (const page of [anna, carla]) {
        await page.getByText('Moby-Dick: shipped').waitFor();
        await page.getByText('Your Moby-Dick is shipped.').waitFor();
      }
      await carla.getByRole('listitem').filter({ hasText: 'Emma' }).getByRole('button').click();
      await carla.getByRole('alert').filter({ hasText: 'There is no copy left.' }).waitFor();
      await anna.getByRole('button', { name: 'Log out' }).click();
      await anna.getByRole('button', { name: 'Log in' }).waitFor();
    },
    PAGE_TIMEOUT_MS,
  );
});

async function logIn(browser: Browser, recipe: Recipe, name: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  // The gateway is slower than who logs in: the form must be the page's all the same.
  let loggedIn = (): void => undefined;
  const untilLoggedIn = new Promise<void>((resolve) => (loggedIn = resolve));
  await page.route(/client\.js$/, (route) => untilLoggedIn.then(() => route.continue()));
  await page.goto(recipe.url);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill('demo');
  await page.getByRole('button', { name: 'Log in' }).click();
  loggedIn();
  await page.locator('#notes[aria-busy=false]').waitFor({ state: 'attached' }); // a note of before it has joined does not come
  return page;
}

function subscribe(client: TestClient, subscription: string): Promise<Record<string, unknown>> {
  return client.ask({ event: 'subscribe', subscription });
}

function join(client: TestClient, customer: string): Promise<Record<string, unknown>> {
  return client.ask({ event: 'join', room: { customer } });
}
