/** The bookshop: a plain HTTP app. It never sees a WebSocket; Kittiwake holds those and asks this app by callback. */
import { createServer } from 'node:http';
import { Books } from './books.mjs';
import { callbacksOf } from './callbacks.mjs';
import { loadPage } from './page.mjs';
import { Publisher } from './publisher.mjs';
import { Readers } from './readers.mjs';
import { Roles } from './roles.mjs';
import { bookshopRoutes, listenerOf } from './routes.mjs';
import { readSettings } from './settings.mjs';
import { Tickets } from './tickets.mjs';
import { BOOKS_TOPIC } from './topics.mjs';
import { Visits } from './visits.mjs';

const settings = readSettings(process.env);
const publisher = new Publisher(settings.kittiwakeUrl, settings.apiKey);
const books = new Books((book, by) =>
  publisher.publish({ subscription: BOOKS_TOPIC, data: { book, by }, options: { order: book.version } }),
);
const readers = new Readers(settings.kittiwakeUrl, settings.apiKey);
const visits = new Visits();
const roles = new Roles();
const tickets = new Tickets();
const callbacks = callbacksOf({ books, visits, roles, tickets, publisher });
const page = await loadPage(settings);

const server = createServer(
  listenerOf(bookshopRoutes({ settings, page, books, readers, roles, tickets, callbacks })),
);
server.requestTimeout = 30_000;
server.on('error', (error) => {
  console.error(`The bookshop cannot listen on ${settings.host}:${settings.port}: ${error.message}`);
  process.exit(1);
});
server.listen(settings.port, settings.host, () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`The bookshop listens on http://${settings.host}:${address.port}`);
  if (!settings.callbackPassword) {
    console.log(
      'Callbacks are open to whoever reaches this port: set BOOKSHOP_CALLBACK_PASSWORD to close them.',
    );
  }
  // Pages that stayed open while the app was away show the books as they were: tell them how they are.
  publisher.publish({
    subscription: BOOKS_TOPIC,
    data: { books: books.list() },
    options: { order: books.version },
  });
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    setTimeout(() => server.closeAllConnections(), 2000).unref();
  });
}
