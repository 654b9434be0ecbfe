import type { Browser } from 'playwright-core';
import { launchBrowser } from './support/browser.js';
import { procedureOf, RpcStage } from './support/rpc.js';
import { eventually } from './support/wait.js';

/** A page as anybody would write it: an EventSource, and nothing else. */
const PAGE = `<script>
  globalThis.told = [];
  const source = new EventSource('/rpc/calls/' + location.hash.slice(1));
  source.onmessage = ({ data }) => told.push(JSON.parse(data));
  source.addEventListener('end', () => told.push('end'));
</script>`;

const stage = new RpcStage();
let browser: Browser;
/** The model has said so many. */
let given = 0;
let upTo = 0;

async function* answer(): AsyncGenerator<number> {
  for (given = 0; given < 30;) {
    if (given < upTo) yield ++given;
    else await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

beforeAll(async () => {
  await stage.start();
  const resumption = { ttlMs: 60_000, maxBytes: 100_000, graceMs: undefined, takesOver: false };
  stage.add(procedureOf('answer', answer, { access: 'public', isStream: true, resumption }));
  browser = await launchBrowser();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await stage.stop();
});

it('a plain EventSource gets all of a call, over reloads and cuts, and comes no more at its end', async () => {
  const { httpUrl } = stage.gateway;
  const start = await fetch(`${httpUrl}/rpc/answer`, {
    method: 'POST',
    headers: { Accept: 'text/event-stream' },
  });
  const call = start.headers.get('Kittiwake-Call');
  await start.body!.cancel();
  const page = await browser.newPage();
  const statuses: number[] = [];
  page.on(
    'response',
    (response) => void (response.url().includes('/calls/') && statuses.push(response.status())),
  );
  await page.route('**/page', (route) => route.fulfill({ contentType: 'text/html', body: PAGE }));
  const told = (): Promise<unknown[]> => page.evaluate(() => (globalThis as { told?: unknown[] }).told ?? []);
  const hasTold = (count: number): Promise<true> =>
    eventually(async () => (await told()).length >= count, { timeoutMs: 20_000 });
  await page.goto(`${httpUrl}/page#${call}`);
  upTo = 10;
  await hasTold(10);
  await page.reload();
  upTo = 20;
  await hasTold(20);
  upTo = 30;
  await hasTold(31);
  expect(await told()).toEqual([...Array.from({ length: 30 }, (_, index) => index + 1), 'end']);
  // It asks once more, of its own accord, after three seconds.
  await eventually(() => statuses.at(-1) === 204, { timeoutMs: 20_000 });
  expect(statuses.filter((status) => status === 204)).toHaveLength(1);
  expect(await told()).toHaveLength(31);
}, 60_000);
