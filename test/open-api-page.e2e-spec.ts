import type { Browser, Locator, Page } from 'playwright-core';
import { ProcedureError } from '../src/procedures/procedure-errors.js';
import type { Parameter } from '../src/procedures/signature.js';
import { TypedResult } from '../src/procedures/typed-result.js';
import { launchBrowser } from './support/browser.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { API_KEY } from './support/gateway.js';
import { BUILD_TIMEOUT_MS, ensureBuilt, ServerProcess } from './support/server-process.js';
import { procedureOf, RpcStage, rpcToken } from './support/rpc.js';
import { deferred, eventually } from './support/wait.js';

const SECRET = 'a-secret-of-services';
const PATH = '/page';
const stopped = stoppedAfterEach();
const stage = new RpcStage();
/** Of the stream `steps`: each is awaited before the next result. */
const steps = [deferred(), deferred()];
let browser: Browser;
let page: Page;
/** What the browser complains of. */
let complaints: string[];

const parameter = (name: string, options: Partial<Parameter>): Parameter => {
  return { name, isOptional: false, isNamedOnly: false, ...options };
};

beforeAll(async () => {
  await stage.start({
    procedures: { secret: SECRET, http: { page: true } },
    services: { books: { requireAuthentication: false } },
  });
  const rest = { positional: false, named: false };
  stage.add(
    procedureOf('steps', takeSteps, { access: 'public', isStream: true, description: 'Takes steps.' }),
  );
  stage.add(
    procedureOf('given', (call) => Object.fromEntries(call.given.named), {
      access: 'public',
      description: 'Gives what it was given.\n\n<b>As</b> it was.',
      parameters: [
        parameter('count', { type: 'int', limits: { minimum: 1, maximum: 9 } }),
        parameter('name', { type: 'str' }),
        parameter('loud', { type: 'bool', isOptional: true }),
        parameter('kind', { isOptional: true, limits: { enum: ['a', 'b'] } }),
        parameter('more', { isOptional: true }),
        parameter('bytes', { type: 'bytes', isOptional: true }),
      ],
      rest,
    }),
  );
  stage.add(procedureOf('listed', (call) => call.given.positional, { access: 'public' }));
  stage.add(procedureOf('text', () => new TypedResult('<i>as it is</i>', 'text/html'), { access: 'public' }));
  stage.add(procedureOf('refused', refuse, { access: 'public', takes: [] }));
  browser = await launchBrowser();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await stage.stop();
});

beforeEach(async () => {
  complaints = [];
  page = await browser.newPage();
  page.setDefaultTimeout(5_000);
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(stage.gateway.operatorsUrl + PATH);
});

afterEach(async () => {
  await page.close();
  expect(complaints).toEqual([]);
});

async function* takeSteps(): AsyncGenerator<unknown, unknown, void> {
  yield { step: 1 };
  await steps[0]!.promise;
  yield { step: 2 };
  await steps[1]!.promise;
  return { step: 3 };
}

function refuse(): never {
  throw new ProcedureError('Not today', 200);
}

/** An operation, opened. */
async function opened(id: string): Promise<Locator> {
  const operation = page.getByTestId(id);
  await operation.locator('summary').first().click();
  return operation;
}

const status = (operation: Locator): Locator => operation.getByTestId('status');
const results = (operation: Locator): Promise<string[]> =>
  operation.getByRole('log').locator('div').allTextContents();

async function call(operation: Locator): Promise<void> {
  await operation.getByRole('button', { name: 'Call' }).click();
}

async function ended(operation: Locator, text: string | RegExp): Promise<void> {
  await status(operation).filter({ hasText: text }).waitFor();
}

async function identify(secret: string): Promise<void> {
  await page.getByLabel('Service secret or token').fill(secret);
  await page.getByRole('button', { name: 'Show what I may call' }).click();
}

describe('the page', () => {
  it('lists what anyone may call', async () => {
    await page.getByTestId('call.given').waitFor();
    expect(await page.getByTestId('call.whoami').count()).toBe(1);
    expect(await page.getByTestId('call.add').count()).toBe(0);
    expect(await page.getByTestId('publish').locator('summary').first().textContent()).toContain('/publish');
    const given = await opened('call.given');
    await given.getByText('<b>As</b> it was.').waitFor();
    expect(await given.getByLabel('count').getAttribute('aria-describedby')).toBeTruthy();
    await given.getByText('required, integer, 1 to 9').waitFor();
  });

  it('calls, with every digit of what it is given', async () => {
    const given = await opened('call.given');
    await given.getByLabel('count').fill('90071992547409931234');
    await given.getByLabel('name').fill('"Kitty" <3');
    await given.getByLabel('loud').selectOption('true');
    await given.getByLabel('kind').selectOption('"b"');
    await given.getByLabel('more').fill('{"a": [], "b": {"c": 12345678901234567890}}');
    await given.getByLabel('bytes').fill('é');
    await call(given);
    await ended(given, /^200 OK, application\/json, 1 line, \d+ ms$/);
    expect((await results(given)).join()).toBe(
      [
        '{',
        '  "count": 90071992547409931234,',
        '  "name": "\\"Kitty\\" <3",',
        '  "loud": true,',
        '  "kind": "b",',
        '  "more": {',
        '    "a": [],',
        '    "b": {',
        '      "c": 12345678901234567890',
        '    }',
        '  },',
        '  "bytes": "é"',
        '}',
      ].join('\n'),
    );
  });

  it('says what is wrong with what is filled in', async () => {
    const given = await opened('call.given');
    await call(given);
    await ended(given, 'count is missing');
    await given.getByLabel('count').fill('1.5');
    await call(given);
    await ended(given, 'count is not of the type integer');
    expect(await page.evaluate('document.activeElement.name')).toBe('count');
    await given.getByLabel('count').fill('1');
    await given.getByLabel('more').fill('{');
    await page.keyboard.press('Tab');
    await call(given);
    await ended(given, 'more is not JSON');
  });

  it('shows a stream as it comes', async () => {
    const operation = await opened('call.steps');
    await call(operation);
    await eventually(async () => (await results(operation)).join() === '{"step":1}');
    steps[0]!.resolve();
    await eventually(async () => (await results(operation)).join() === '{"step":1},{"step":2}');
    expect(await status(operation).textContent()).toBe('Running');
    steps[1]!.resolve();
    await ended(operation, /^200 OK, application\/x-ndjson, 3 lines/);
  });

  it('aborts a stream', async () => {
    await identify(SECRET);
    const operation = await opened('call.trickle');
    await call(operation);
    await eventually(async () => (await results(operation)).length > 2);
    expect(stage.hanging.size).toBe(1);
    const unhung = stage.unhung.promise;
    await operation.getByRole('button', { name: 'Abort' }).click();
    await ended(operation, /^Aborted after \d+ ms$/);
    await unhung;
    expect(await operation.getByRole('button', { name: 'Abort' }).isDisabled()).toBe(true);
  });

  it('aborts what runs when it shows something else', async () => {
    await identify(SECRET);
    await call(await opened('call.hang'));
    await eventually(() => stage.hanging.size === 1);
    await identify('');
    await eventually(() => stage.hanging.size === 0);
  });

  it('shows results of other types as text, and refusals', async () => {
    const text = await opened('call.text');
    await call(text);
    await ended(text, /^200 OK, text\/html/);
    expect(await results(text)).toEqual(['<i>as it is</i>']);
    const listed = await opened('call.listed');
    await listed.getByLabel('_args').fill('[1, [2]]');
    await call(listed);
    await eventually(async () => (await results(listed)).join().replaceAll(/\s/g, '') === '[1,[2]]');
    const refused = await opened('call.refused');
    await call(refused);
    await eventually(async () => (await results(refused)).join().includes('"error": "Not today"'));
  });

  it('shows who proves who they are what they may call', async () => {
    await identify(rpcToken());
    await page.getByTestId('call.add').waitFor();
    expect(await page.getByTestId('call.service').count()).toBe(0);
    const whoami = await opened('call.whoami');
    await call(whoami);
    await eventually(async () => (await results(whoami)).join().includes('"user_id": 1'));
    await identify(SECRET);
    await page.getByTestId('call.service').waitFor();
    expect(await whoami.getAttribute('open')).toBe('');
    expect(await page.evaluate('[localStorage.length, sessionStorage.length, document.cookie].join()')).toBe(
      '0,0,',
    );
  });

  it('says that a token is refused', async () => {
    await identify('a.b.c');
    await page.getByTestId('notice').filter({ hasText: 'Authentication failed.' }).waitFor();
    expect(complaints.splice(0).join()).toContain('401');
  });

  it('publishes with an API key', async () => {
    await page.getByLabel('API key').fill(API_KEY);
    const publish = await opened('publish');
    await publish.getByLabel('subscription').fill('books.1');
    await publish.getByLabel('data').fill('1');
    await publish.getByLabel('others').fill('{"a": 1, "b": 2}');
    await call(publish);
    await ended(publish, /^200 OK/);
    expect((await results(publish)).join()).toContain('"status": "ok"');
  });

  it('can be used with the keyboard alone', async () => {
    for (const step of steps) step.resolve();
    await page.getByLabel('Find').focus();
    await page.keyboard.type('takes steps');
    await page.getByTestId('count').filter({ hasText: /^1 of/ }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await ended(page.getByTestId('call.steps'), /^200 OK/);
  });

  it('runs nothing but its own files', async () => {
    const response = await page.request.get(stage.gateway.operatorsUrl + PATH);
    const policy = response.headers()['content-security-policy'];
    expect(policy).toContain("default-src 'none'; script-src 'self'");
    expect(policy).not.toContain('unsafe');
    const html = '<img src="data:," onerror="globalThis.isCracked = true">';
    const cracked = page.evaluate(`document.body.innerHTML = '${html}'`);
    await expect(cracked).rejects.toThrow("requires 'TrustedHTML'");
    complaints = [];
  });

  it('is where its files are, also with a slash behind it', async () => {
    await page.goto(`${stage.gateway.operatorsUrl}${PATH}/`);
    await page.getByTestId('call.given').waitFor();
    expect(new URL(page.url()).pathname).toBe(PATH);
    for (const file of ['nothing.js', '..%2fopen-api.js', 'page.controller.ts'])
      expect((await fetch(`${stage.gateway.operatorsUrl}${PATH}/${file}`)).status).toBe(404);
  });
});

describe('what is built', () => {
  beforeAll(ensureBuilt, BUILD_TIMEOUT_MS);

  it('has the page and its files', async () => {
    const server = stopped(await ServerProcess.start({ config: { procedures: { http: { page: true } } } }));
    const url = `${server.operatorsUrl}${PATH}`;
    const html = await (await fetch(url)).text();
    const files = [...html.matchAll(/"(page\/[^"]+)"/g)].map(([, file]) => new URL(file!, url));
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) expect((await fetch(file)).status).toBe(200);
  });
});

describe('by default', () => {
  it('there is no page', async () => {
    const plain = stopped(new RpcStage());
    await plain.start();
    for (const path of [PATH, `${PATH}/`, `${PATH}/main.js`])
      expect((await fetch(plain.gateway.operatorsUrl + path)).status).toBe(404);
  });
});
