import type { Browser, Page } from 'playwright-core';
import { ensureBuilt, Program } from './support/bookshop.js';
import { launchBrowser, shows } from './support/browser.js';
import { eventually } from './support/wait.js';

const WAIT = { timeout: 20_000 };
const WORDS = /^Kittiwakes are gulls .* has missed nothing\. $/;

describe('the example of streams that survive', () => {
  let demo: Program;
  let url: string;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    ensureBuilt();
    demo = await Program.demo('examples/streaming/app.mjs');
    [url, browser] = await Promise.all([
      demo.until('the address of the page', () => /answers: +(http:\/\/\S+)/.exec(demo.output)?.[1]),
      launchBrowser(),
    ]);
    page = await browser.newPage();
    page.setDefaultTimeout(WAIT.timeout);
    await page.goto(url);
  }, 40_000);
  afterAll(async () => {
    await browser?.close();
    await demo?.end('SIGINT');
  }, 30_000);

  const runs = async (): Promise<number> => Number(await (await fetch(`${url}/runs`)).text());

  it('goes on after a reload, for the client and for an EventSource, and the model ran once', async () => {
    await page.getByTestId('ask').click();
    await shows(page, 'event-source', /^Kittiwakes are gulls /);
    await page.reload();
    await shows(page, 'client', /^Kittiwakes are gulls /);
    await shows(page, 'client', WORDS);
    await shows(page, 'event-source', WORDS);
    await shows(page, 'state', 'complete');
    expect(await runs()).toBe(1);
  }, 40_000);

  it('stops the model for all who watch', async () => {
    await page.getByTestId('ask').click();
    await shows(page, 'event-source', /^Kittiwakes are gulls /);
    await page.getByTestId('stop').click();
    await shows(page, 'state', 'The call was cancelled.');
    expect(await runs()).toBe(2);
  }, 40_000);

  it.each(['ai-sdk', 'tanstack-ai'])(
    'has a bridge for %s, which goes on after a reload',
    async (bridge) => {
      const before = await runs();
      /** Reads chunks: some, as a page that goes away does, or all that are left. */
      const read = ([name, isAgain]: readonly [string, boolean]): Promise<unknown[] | null> => {
        const task = `async () => {
        const { createClient } = await import('kittiwake-client');
        const { kittiwakeTransport, kittiwakeConnection } = await import('/${name}.js');
        globalThis.client ??= createClient({ url: document.querySelector('script[type=importmap]').text.match(/http:[^"]+:\\d+/)[0] + '/ws' });
        const of = { chatId: 'c', messages: ['why?'] };
        const chunks = kittiwakeTransport
          ? await kittiwakeTransport(client, 'chat')[${isAgain} ? 'reconnectToStream' : 'sendMessages'](of)
          : kittiwakeConnection(client, 'chat', 't').connect(of.messages);
        const read = [];
        for await (const chunk of chunks ?? []) if (read.push(chunk) === 5 && !${isAgain}) break;
        return chunks && read;
      }`;
        return page.evaluate<unknown[] | null>(`(${task})()`);
      };
      expect(await read([bridge, false])).toHaveLength(5);
      await page.reload();
      const all = (await read([bridge, true])) as { type: string; delta?: string }[];
      expect(all.map(({ delta }) => delta ?? '').join('')).toMatch(WORDS);
      expect([all[0], all.at(-1)]).toEqual([{ type: 'start' }, { type: 'finish' }]);
      expect(await eventually(async () => (await runs()) - before)).toBe(1);
      if (bridge === 'ai-sdk') expect(await read([bridge, true])).toBeNull();
    },
    40_000,
  );
});
