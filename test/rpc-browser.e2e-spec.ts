import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { Connections } from '../src/connection/connections.js';
import { CLOSE_REASONS } from '../src/protocol/close-reason.js';
import { launchBrowser } from './support/browser.js';
import { procedureOf, RpcStage, rpcToken } from './support/rpc.js';
import { eventually } from './support/wait.js';

/** What the published client of Shirow gives to a page. */
interface Shirow {
  emit(name: string, ...parameters: unknown[]): Answer;
  emitForce(name: string, ...parameters: unknown[]): Answer;
  disconnect(): void;
}
interface Answer {
  then(told: (result: unknown) => void): Answer;
  catch(told: (error: unknown) => void): Answer;
}
declare global {
  var shirow: Shirow;
  var Shirow: (url: string) => Shirow;
  var told: unknown[];
}

const require = createRequire(import.meta.url);
const client = require.resolve('shirow');
const events = createRequire(client).resolve('events/events.js');

/** The published files as they are; the page gets what a bundler would give it. */
const SCRIPT = `
  const moduleOf = (define, require) => {
    const module = { exports: {} };
    define(module, module.exports, require);
    return module.exports;
  };
  const events = moduleOf((module, exports, require) => {${readFileSync(events, 'utf8')}\n});
  const shirow = moduleOf((module, exports, require) => {${readFileSync(client, 'utf8')}\n}, () => events);
  globalThis.Shirow = shirow.default;
  globalThis.told = [];
`;

const stage = new RpcStage();
let browser: Browser;
let page: Page;
let log: string[];
let called: number;

beforeAll(async () => {
  await stage.start();
  stage.add(procedureOf('counted', () => ++called));
  browser = await launchBrowser();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await stage.stop();
});

beforeEach(async () => {
  [log, called] = [[], 0];
  page = await browser.newPage();
  page.on('console', (message) => log.push(message.text()));
  // Any page of the gateway's own origin: from another one the client could not find out why it was refused.
  await page.goto(`${stage.gateway.httpUrl}/health/live`);
  await page.addScriptTag({ content: `{${SCRIPT}}` });
});

afterEach(() => page.close());

function open(path = `/rpc/token/${rpcToken()}`): Promise<void> {
  return page.evaluate((url) => {
    globalThis.shirow = globalThis.Shirow(url);
  }, stage.url(path));
}

/** Calls, and returns what the handlers are told, once there is so much. */
async function toldOf(count: number, name: string, ...parameters: unknown[]): Promise<unknown[]> {
  await page.evaluate(
    ([name, parameters]) => {
      globalThis.told = [];
      globalThis.shirow
        .emitForce(name, ...parameters)
        .then((result) => globalThis.told.push(['result', result]))
        .catch((error) => globalThis.told.push(['error', error]));
    },
    [name, parameters] as const,
  );
  return told(count);
}

function told(count: number): Promise<unknown[]> {
  return eventually(async () => {
    const all = await page.evaluate(() => globalThis.told);
    return all.length >= count && all;
  });
}

function logged(text: string, timeoutMs?: number): Promise<unknown> {
  return eventually(() => log.some((line) => line.includes(text)), {
    what: text,
    ...(timeoutMs && { timeoutMs }),
  });
}

describe("Shirow's own client in a browser", () => {
  it('calls before it is connected, and after', async () => {
    await open();
    expect(await toldOf(1, 'add', 1, 2)).toEqual([['result', 3]]);
    expect(await toldOf(1, 'echo', { a: [null] })).toEqual([['result', { a: [null] }]]);
  });

  it('gets the results of a stream, in order', async () => {
    await open();
    expect(await toldOf(4, 'count', 3, 'done')).toEqual([0, 1, 2, 'done'].map((value) => ['result', value]));
  });

  it('gets errors', async () => {
    await open();
    expect(await toldOf(1, 'nope')).toEqual([['error', 'the nope function is undefined']]);
    expect(await toldOf(1, 'refuse', { code: 5 })).toEqual([['error', { code: 5 }]]);
  });

  it('remembers results unless it is told not to', async () => {
    await open();
    await page.evaluate(() => {
      const keep = (result: unknown): void => void globalThis.told.push(result);
      globalThis.shirow.emit('counted').then((first) => {
        keep(first);
        globalThis.shirow.emit('counted').then((second) => {
          keep(second);
          globalThis.shirow.emitForce('counted').then(keep);
        });
      });
    });
    expect(await told(3)).toEqual([1, 1, 2]);
  });

  it('connects again when the gateway drops it', async () => {
    await open();
    expect(await toldOf(1, 'add', 1, 2)).toEqual([['result', 3]]);
    await stage.gateway.app.get(Connections).closeAll(CLOSE_REASONS.reconnect, 0);
    await logged('retry connection after 1 seconds');
    await eventually(() => log.filter((line) => line.includes('connection is established')).length === 2);
    expect(await toldOf(1, 'add', 2, 2)).toEqual([['result', 4]]);
  });

  it.each([rpcToken({ user_id: 1, exp: 1 }), rpcToken({ user_id: 1 }, { key: 'another' }), 'nonsense'])(
    'gives up when its token is refused (%#)',
    async (token) => {
      await open(`/rpc/token/${token}`);
      await logged('Authorization attempt failed');
      expect(log.join()).not.toContain('retry');
    },
  );

  it('leaves when it is told to', async () => {
    await open();
    await toldOf(1, 'add', 1, 2);
    await page.evaluate(() => globalThis.shirow.disconnect());
    await logged('connection closed');
    expect(log.join()).not.toContain('retry');
  });
});
