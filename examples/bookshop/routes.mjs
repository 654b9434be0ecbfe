import { createHash, timingSafeEqual } from 'node:crypto';
import { InvalidBookError } from './books.mjs';
import { HttpError, readJson, sendJson } from './http.mjs';
import { isRole, ROLES } from './roles.mjs';
import { nameOf, visitorOf } from './visitors.mjs';

const MAX_API_BYTES = 16 * 1024;
/** A callback carries what a client sent, up to 1 MiB in one frame, and must be answered: no answer means a retry. */
const MAX_CALLBACK_BYTES = 2 * 1024 * 1024;

/**
 * @typedef {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse, id: string) => Promise<void>} Handler The last one is given what a group in the path matched.
 * @typedef {[path: RegExp, methods: Record<string, Handler>]} Route
 */

/**
 * What the bookshop answers: its API, Kittiwake's callbacks and the page.
 * @param {object} shop
 * @param {import('./settings.mjs').Settings} shop.settings
 * @param {Map<string, Handler>} shop.page
 * @param {import('./books.mjs').Books} shop.books
 * @param {import('./readers.mjs').Readers} shop.readers
 * @param {import('./roles.mjs').Roles} shop.roles
 * @param {import('./tickets.mjs').Tickets} shop.tickets
 * @param {ReturnType<typeof import('./callbacks.mjs').callbacksOf>} shop.callbacks
 * @returns {Route[]}
 */
export function bookshopRoutes({ settings, page, books, readers, roles, tickets, callbacks }) {
  /** @param {string} id */
  function bookOf(id) {
    return books.get(id) ?? notFound('There is no such book.');
  }

  /** @type {Handler} */
  const putBook = async (request, response, id) => {
    const changes = await readJson(request, MAX_API_BYTES);
    // Found after the body was read: while that came in, somebody else may have changed the book.
    sendJson(response, 200, books.update(bookOf(id), changes, null));
  };

  /** @type {Handler} */
  const putRole = async (request, response, id) => {
    const { role } = await readJson(request, MAX_API_BYTES);
    if (!isRole(role)) throw new HttpError(422, `The role must be one of: ${ROLES.join(', ')}.`);
    roles.set(id, role);
    sendJson(response, 200, { id, role });
  };

  /** @type {Handler} */
  const postTicket = async (request, response) => {
    const { name } = await readJson(request, MAX_API_BYTES);
    const { userId, setCookie } = visitorOf(request);
    const user = { userId, name: nameOf(name) };
    const ticket = tickets.issue(user);
    if (!ticket) throw new HttpError(503, 'Too many people are coming in at once.', { 'retry-after': '30' });
    const answer = {
      ticket,
      user: { id: userId, name: user.name, role: roles.of(userId) },
    };
    sendJson(response, 201, answer, { 'set-cookie': setCookie });
  };

  /** @type {Handler} */
  const postCallback = async (request, response, name) => {
    checkPassword(request, settings.callbackPassword);
    const answer = callbacks.get(name) ?? notFound('There is no such callback.');
    const body = await readJson(request, MAX_CALLBACK_BYTES);
    const callback = /** @type {import('./callbacks.mjs').CallbackRequest} */ (/** @type {unknown} */ (body));
    sendJson(response, 200, answer(callback));
  };

  return [
    [
      /^\/api\/books$/,
      {
        GET: async (_, response) => sendJson(response, 200, { version: books.version, books: books.list() }),
      },
    ],
    [
      /^\/api\/books\/([^/]+)$/,
      { GET: async (_, response, id) => sendJson(response, 200, bookOf(id)), PUT: putBook },
    ],
    [/^\/api\/readers$/, { GET: async (_, response) => sendJson(response, 200, await readers.list()) }],
    [/^\/api\/readers\/([0-9a-f]{16})$/, { PUT: putRole }],
    [/^\/api\/tickets$/, { POST: postTicket }],
    [/^\/kittiwake\/(.+)$/, { POST: postCallback }],
    [/^\/health$/, { GET: async (_, response) => sendJson(response, 200, { status: 'ok' }) }],
    [
      /^(\/[\w.-]*)$/,
      { GET: async (request, response, path) => (page.get(path) ?? notFound())(request, response, path) },
    ],
  ];
}

/**
 * Finds the route of a request and turns what its handler throws into an answer.
 * @param {Route[]} routes
 * @returns {import('node:http').RequestListener}
 */
export function listenerOf(routes) {
  return (request, response) => {
    handle(routes, request, response).catch((error) => sendError(response, error));
  };
}

/**
 * @param {Route[]} routes
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function handle(routes, request, response) {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  for (const [pattern, methods] of routes) {
    const match = pattern.exec(path);
    if (!match) continue;
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
    const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (handler) return handler(request, response, match[1] ?? '');
    throw new HttpError(405, 'Not with this method.', { allow: Object.keys(methods).join(', ') });
  }
  return notFound();
}

/** @param {import('node:http').ServerResponse} response @param {unknown} error */
function sendError(response, error) {
  if (response.headersSent) return void response.destroy();
  if (error instanceof HttpError)
    return sendJson(response, error.status, { error: error.message }, error.headers);
  if (error instanceof InvalidBookError) {
    return sendJson(response, 422, { error: error.message, ...(error.field && { field: error.field }) });
  }
  // A request that broke off ends here too; then nobody reads the answer.
  if (!response.destroyed) console.error(error);
  sendJson(response, 500, { error: 'The bookshop made a mistake.' });
}

/** @param {string} [message] @returns {never} */
function notFound(message = 'There is nothing here.') {
  throw new HttpError(404, message);
}

/**
 * Callbacks say who somebody is, so only Kittiwake may make them. It sends user and password of the callback's URL.
 * @param {import('node:http').IncomingMessage} request
 * @param {string | undefined} password
 */
function checkPassword(request, password) {
  if (password === undefined) return;
  const expected = `Basic ${Buffer.from(`kittiwake:${password}`).toString('base64')}`;
  if (!timingSafeEqual(digestOf(request.headers.authorization ?? ''), digestOf(expected))) {
    throw new HttpError(401, 'Only Kittiwake may ask this.', {
      'www-authenticate': 'Basic realm="bookshop"',
    });
  }
}

/** @param {string} text */
function digestOf(text) {
  return createHash('sha256').update(text).digest();
}
