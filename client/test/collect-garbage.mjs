// Makes and closes clients, and looks what is left of them: run with --expose-gc.
import { getEventListeners, setMaxListeners } from 'node:events';
import { call, createClient, live, topic } from '../dist/index.js';
import { fakeServer } from '../dist/testing/testing.js';

const ROUNDS = 1000;
const server = fakeServer();
const { clock } = server;
const { signal } = new AbortController();
setMaxListeners(0, signal);
server.topic('books.1', { state: 'S', history: 9 });
server.procedure('add', (a, b) => a + b);
server.authenticate(() => 1000);

const tokens = (round) => () => {
  if (round % 4 === 3) throw new Error('the app is down');
  return round % 2 ? 't' : null;
};

async function use(client) {
  const book = topic(client, 'books.1', { signal });
  book.on('update', () => {}, { signal });
  live(book, (_, update) => update).subscribe(() => {});
  const reader = book.events({ signal });
  call(client, 'add', [1, 2], { signal }).catch(() => {});
  book.ready({ signal }).catch(() => {});
  void client.connect({ signal });
  await clock.advance(0);
  server.publish('books.1', 1);
  void reader.next();
  client.close();
}

async function round(count) {
  const client = createClient({
    url: 'ws://x/',
    transports: [server.transport],
    clock,
    pageEvents: null,
    auth: { token: tokens(count) },
  });
  await use(client);
  return new WeakRef(client);
}

const clients = [];
for (let count = 0; count < ROUNDS; count++) clients.push(await round(count));
await clock.advance(60_000);
await new Promise((resolve) => setTimeout(resolve, 1));
globalThis.gc();
console.log(
  JSON.stringify({
    clients: clients.filter((client) => client.deref()).length,
    timers: clock.timers,
    connections: server.connections,
    listeners: getEventListeners(signal, 'abort').length,
  }),
);
