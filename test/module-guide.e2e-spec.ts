import * as common from '@nestjs/common';
import * as config from '@nestjs/config';
import * as core from '@nestjs/core';
import * as testing from '@nestjs/testing';
import * as validator from 'class-validator';
import * as kittiwake from 'kittiwake';
import * as kittiwakeTesting from 'kittiwake/testing';
import * as crypto from 'node:crypto';
import * as events from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type Client, createClient, topic, webSocket } from 'kittiwake-client';
import * as rxjs from 'rxjs';
import { WebSocket } from 'ws';
import { Guide } from './support/guide.js';
import { eventually } from './support/wait.js';

const PAGES = ['docs/nest.md', ...readdirSync('docs/nest').map((page) => `docs/nest/${page}`)];

const PACKAGES = {
  '@nestjs/common': common,
  '@nestjs/config': config,
  '@nestjs/core': core,
  '@nestjs/testing': testing,
  'class-validator': validator,
  kittiwake,
  'kittiwake/testing': kittiwakeTesting,
  'node:crypto': crypto,
  'node:events': events,
  rxjs,
};

const { connect, KittiwakeTestingModule } = kittiwakeTesting;

/** A socket of a page with the cookie of its session. */
class SignedInSocket extends WebSocket {
  constructor(url: string, protocols: string) {
    super(`${url}?tenant=a`, protocols, { headers: { cookie: 'session=1' } });
  }
}

describe('the guide of the module has', () => {
  const guide = new Guide(PAGES);

  it('snippets that fit the types', () => {
    expect(guide.ambiguous).toEqual([]);
    expect(guide.faults()).toEqual([]);
  });

  it.each(guide.tests)('tests that pass: $name', async (snippet) => {
    await guide.runTests(snippet, PACKAGES);
  });

  it('every decorator that there is', () => {
    const isDecorator = ([name, value]: [string, unknown]): boolean =>
      /^[A-Z]/.test(name) && typeof value === 'function' && !/^class\b/.test(String(value));
    const decorators = Object.entries(kittiwake).filter(isDecorator);
    const text = PAGES.map((page) => readFileSync(page, 'utf8')).join();
    const snippets = text.match(/^ *```ts\n.*?^ *```$/gms)!.join();
    expect(decorators.length).toBeGreaterThan(25);
    for (const [name] of decorators) expect([name, text.includes(`@${name}(`)]).toEqual([name, true]);
    const unused = decorators.map(([name]) => name).filter((name) => !snippets.includes(`@${name}(`));
    expect(unused).toEqual([]);
  });

  describe('an app', () => {
    let app: common.INestApplication;

    beforeAll(async () => {
      const carries = (key: string) => (type: object) => Reflect.hasMetadata(key, type);
      const classes = guide.classes(PACKAGES);
      const module = await testing.Test.createTestingModule({
        imports: [KittiwakeTestingModule.forRoot({ procedures: {}, rooms: {} }, { keepHandshakes: true })],
        controllers: classes.filter(carries('__controller__')),
        providers: classes.filter(carries('__injectable__')),
      }).compile();
      app = module.createNestApplication();
    });
    afterAll(() => app.close());

    const signedIn = { headers: { cookie: 'session=1' }, query: { tenant: 'a' } };

    it('whose clients have the topics that it shows', async () => {
      const client = await connect(app, { ...signedIn, identity: { user_id: 7, shop: 'a' } });
      expect(await client.subscribed('orders.7')).toEqual({ owner: 7, status: 'open', version: 1 });
      expect(await client.sent('orders.7', { status: 'paid' })).toMatchObject({ status: 'paid' });
      await client.received('orders.7', { owner: 7, status: 'paid', version: 2 });
      expect(await client.subscribed('invoices.a.12')).toEqual({ shop: 'a', id: 12 });
      await client.refused('invoices.a.b.12', { code: 'invalid_subscription' });
      await client.refused('invoices.a.twelve', { error: 'Validation failed (numeric string is expected)' });
      await client.refused('news.gossip', { code: 'unauthorized' });
      await client.subscribed('news.sports');
      await client.subscribed('desks.1');
      expect(await client.unsubscribed('desks.1')).toEqual({ until: 'tomorrow' });
      await client.subscribed('lots.1');
      expect(await client.sent('lots.1', { cents: 5 })).toEqual({ lot: '1', cents: 5, by: 7 });
      const bid = { event: 'message', subscription: 'lots.1', data: { cents: 0 } };
      await client.refused(bid, { error: 'cents must not be less than 1' });
      await client.subscribed('shelves.1');
      await client.refused(
        { event: 'message', subscription: 'shelves.1' },
        { error: 'Out of stock.', data: { tryAgain: 'tomorrow' } },
      );
      await client.subscribed('tills.1');
      await client.refused({ event: 'message', subscription: 'tills.1' }, { error: 'Forbidden resource' });
      await client.refused('reports.1', { error: 'Forbidden resource' });
    });

    it('whose clients have the rooms and procedures that it shows', async () => {
      const client = await connect(app, { ...signedIn, identity: { user_id: 7 } });
      await client.joined({ shop: 1, till: 3 });
      expect(await client.called('square', { n: '3' })).toBe(9);
      expect(await client.called('transfer', { cents: 5 })).toEqual({ cents: 5, from: 7 });
      expect(await client.called('statusOf', ['8'])).toBeUndefined();
    });

    it('whose page shows what the endpoint changes', async () => {
      const url = await app.getUrl();
      const script = /<script type="module">(.*)<\/script>/s.exec(await (await fetch(url)).text())![1]!;
      const output = { textContent: '' };
      const given = {
        createClient: (options: { url: string; auth: { ticket: () => Promise<string> } }) =>
          createClient({
            ...options,
            url: `${url.replace('http', 'ws')}${options.url}`,
            transports: [webSocket({ WebSocket: SignedInSocket })],
          }),
        topic,
        document: { querySelector: () => output },
        fetch: (path: string, init: RequestInit) => fetch(url + path, init),
      };
      // oxlint-disable-next-line typescript/no-implied-eval -- its code is a document of ours
      const run = new Function(...Object.keys(given), `${script.replace(/import .*/, '')}return client;`);
      const client = run(...Object.values(given)) as Client;
      await eventually(() => output.textContent !== '');
      const response = await fetch(`${url}/orders/7/sent`, { method: 'PUT' });
      expect(await response.json()).toMatchObject({ status: 'sent' });
      await eventually(() => output.textContent === 'sent');
      client.close();
    });

    it('that lets nobody connect whom its guard does not know', async () => {
      const client = await connect(app);
      await client.closed(4401);
      const other = await connect(app, { headers: { ...signedIn.headers, 'x-tenant': 'a' }, identity: {} });
      await other.subscribed('reports.1');
    });
  });
});
