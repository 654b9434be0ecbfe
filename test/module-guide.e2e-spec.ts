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
import * as rxjs from 'rxjs';
import { Guide } from './support/guide.js';

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
      const isProvider = (type: object): boolean => Reflect.hasMetadata('__injectable__', type);
      const module = await testing.Test.createTestingModule({
        imports: [KittiwakeTestingModule.forRoot({ procedures: {}, rooms: {} }, { keepHandshakes: true })],
        providers: guide.classes(PACKAGES).filter(isProvider),
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

    it('that lets nobody connect whom its guard does not know', async () => {
      const client = await connect(app);
      await client.closed(4401);
      const other = await connect(app, { headers: { ...signedIn.headers, 'x-tenant': 'a' }, identity: {} });
      await other.subscribed('reports.1');
    });
  });
});
