import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { TestClient } from './support/client.js';
import { stageOfFile } from './support/topics.js';
import { deferred, eventually } from './support/wait.js';

const CLIENTS = 200;
const CONNECTIONS = 8;
const ANSWER_MS = 60;

const slow = createServer((request, response) => {
  request.resume();
  atOnce = Math.max(atOnce, ++open);
  setTimeout(() => answer(response), ANSWER_MS);
});
let url = '';
let open = 0;
let atOnce = 0;

function answer(response: ServerResponse): void {
  open--;
  response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status": "ok"}');
}

beforeAll(async () => {
  await once(slow.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
});
afterAll(() => slow.close());

const stage = stageOfFile((app) => ({
  callbacks: { connections: CONNECTIONS, timeout: '1s', tries: 1 },
  services: {
    slow: { requireAuthentication: false, authorizer: `${url}/may`, beforeSubscribe: `${url}/state` },
    books: { requireAuthentication: false, authorizer: `${app}/may` },
    films: { requireAuthentication: false, authorizer: `${app}/films` },
  },
}));

// When an app took a second for each callback, 824 of 2,000 clients that came back were told that it is unavailable.
describe('a herd that comes back', () => {
  it('waits for the app for as long as it takes, and nobody is told that it is unavailable', async () => {
    const clients: TestClient[] = [];
    for (let count = 0; count < CLIENTS; count++) clients.push(await stage.connect());
    const subscribe = { event: 'subscribe', subscription: 'slow.1' };
    for (const client of clients) client.send(subscribe);
    await eventually(async () => (await stage.gateway.metric('kittiwake_callbacks_waiting')) > 50);
    await eventually(async () => (await stage.gateway.metric('kittiwake_callbacks_waiting_seconds')) > 0.1);
    await eventually(() => clients.every(({ frames }) => frames.length > 0), { timeoutMs: 15_000 });
    for (const client of clients) expect(await client.next()).toEqual({ ...subscribe, status: 'ok' });
    expect(atOnce).toBe(CONNECTIONS);
    expect(await stage.gateway.metric('kittiwake_callbacks_waiting')).toBe(0);
    expect(await stage.gateway.metric('kittiwake_callbacks_waiting_seconds')).toBe(0);
  });

  it('of one service does not keep the clients of another waiting', async () => {
    const [first, all] = [deferred(), deferred()];
    const held = Array.from({ length: 30 }, () => ({ after: all.promise }));
    stage.app.answer('/may', ...Array(CONNECTIONS).fill({ after: first.promise }), ...held);
    const herd = await Promise.all(Array.from({ length: CONNECTIONS + 30 }, () => stage.connect()));
    for (const client of herd) client.send({ event: 'subscribe', subscription: 'books.1' });
    await stage.app.requests('/may', CONNECTIONS);
    const other = await stage.connect();
    other.send({ event: 'subscribe', subscription: 'films.1' });
    await eventually(async () => (await stage.gateway.metric('kittiwake_callbacks_waiting')) === 31);
    first.resolve();
    expect(await other.next()).toMatchObject({ subscription: 'films.1', status: 'ok' });
    all.resolve();
    for (const client of herd) expect(await client.next()).toMatchObject({ status: 'ok' });
  });
});
