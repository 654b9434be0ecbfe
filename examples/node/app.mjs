/**
 * The shop with Node alone. It only speaks HTTP: Kittiwake holds the WebSockets, and asks.
 *
 * Node 20 has no database, so there is a journal: a line for each change, with what is to be told of it. A line is
 * written whole or does not count, so it is a transaction, and what was not told of it is the outbox.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const {
  HOST = '127.0.0.1',
  PORT = '8000',
  GATEWAY_URL = 'http://127.0.0.1:9000',
  DATABASE = 'orders.journal',
  API_KEY,
  CALLBACK_PASSWORD,
} = process.env;
if (!API_KEY || !CALLBACK_PASSWORD) throw new Error('API_KEY and CALLBACK_PASSWORD must be set.');

const PASSWORDS = new Map(['anna', 'ben', 'carla'].map((name) => [name, 'demo'])); // yours are hashed
const STAFF = new Set(['carla']);
const STATUSES = new Set(['paid', 'packed', 'shipped']);
const TICKET_MS = 30_000;
const MAX_BODY_BYTES = 64 * 1024;
const PAGE = readFileSync(new URL('../orders/page.html', import.meta.url), 'utf8');

class Refused extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// The orders, and the journal that they are kept in

/** @typedef {{ id: number, customer: string, book: string, status: string, version: number }} Order */
/** @typedef {{ order?: Order, tell: { path: string, body: unknown }[] }} Entry */

/** @type {Map<string, Order>} */
const orders = new Map();
/** @type {Map<string, number>} */
const copies = new Map(Object.entries({ 'Moby-Dick': 3, Emma: 0, Ulysses: 3 }));
/** What Kittiwake has not been told yet. @type {{ path: string, body: unknown }[]} */
const outbox = [];

orders.set('1', { id: 1, customer: 'anna', book: 'Moby-Dick', status: 'paid', version: 1 });
orders.set('2', { id: 2, customer: 'anna', book: 'Emma', status: 'paid', version: 1 });
orders.set('3', { id: 3, customer: 'ben', book: 'Ulysses', status: 'paid', version: 1 });

const TOLD = `${DATABASE}.told`;

function readJournal() {
  if (!existsSync(DATABASE)) return;
  const whole = readFileSync(DATABASE, 'utf8').split('\n').slice(0, -1); // what has no line end was not written
  writeFileSync(DATABASE, whole.map((line) => `${line}\n`).join(''));
  for (const line of whole) apply(JSON.parse(line));
  const told = existsSync(TOLD) ? Number(readFileSync(TOLD, 'utf8')) : 0;
  outbox.splice(0, told);
}

/** @param {Entry} entry */
function apply({ order, tell }) {
  if (order) {
    orders.set(String(order.id), order);
    if (order.status === 'shipped') copies.set(order.book, (copies.get(order.book) ?? 0) - 1);
  }
  outbox.push(...tell);
}

/** The change and what is to be told of it are one line: neither is there without the other. @param {Entry} entry */
function commit(entry) {
  appendFileSync(DATABASE, `${JSON.stringify(entry)}\n`, { flush: true });
  apply(entry);
  void relay();
}

/** @param {string} user @param {Order | undefined} order @returns {order is Order} */
function maySee(user, order) {
  return order !== undefined && (STAFF.has(user) || order.customer === user);
}

/** @param {string} id @param {string} status */
function changeOrder(id, status) {
  const old = orders.get(id);
  if (!old) throw new Refused(404, 'There is no such order.');
  if (status === 'shipped' && !copies.get(old.book)) throw new Refused(409, 'There is no copy left.');
  const order = { ...old, status, version: old.version + 1 };
  const publication = {
    subscription: `orders.${id}`,
    data: order,
    options: { order: order.version }, // what is older than the client has it never gets
  };
  const note = { rooms: [{ customer: order.customer }], data: { text: `Your ${order.book} is ${status}.` } };
  commit({
    order,
    tell: [
      { path: '/publish', body: publication },
      { path: '/trigger', body: note },
    ],
  });
  return order;
}

// The outbox

let told = existsSync(TOLD) ? Number(readFileSync(TOLD, 'utf8')) : 0;
let isRelaying = false;

/** Tells Kittiwake what was committed, in order. What it cannot be told stays, also over a restart. */
async function relay() {
  if (isRelaying) return;
  isRelaying = true;
  try {
    for (let next; (next = outbox[0]);) {
      await tell(next);
      outbox.shift();
      writeFileSync(TOLD, String(++told));
    }
  } catch (error) {
    console.error('Kittiwake cannot be told, and will be later:', error);
  } finally {
    isRelaying = false;
  }
}

/** @param {{ path: string, body: unknown }} message */
async function tell({ path, body }) {
  const response = await fetch(GATEWAY_URL + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5000),
  });
  const answer = await response.text();
  if (response.ok) return;
  // What it does not take now it never will.
  if (response.status === 400) console.error('Kittiwake does not take', body, answer);
  else throw new Error(`${response.status} ${answer}`);
}

// Who is logged in

/** @typedef {{ login: string, user: string }} Login */

/** By the cookie, which is as secret as a password. @type {Map<string, Login>} */
const sessions = new Map();
/** By the name that Kittiwake knows. @type {Map<string, Login>} */
const logins = new Map();
/** @type {Map<string, { login: string, expiresAtMs: number }>} */
const tickets = new Map();

const randomText = () => randomBytes(24).toString('base64url');

/** @param {Request} request */
function loginOf(request) {
  const login = sessions.get(request.cookie('session') ?? '');
  if (!login) throw new Refused(401, 'Log in first.');
  return login;
}

// HTTP

/** @param {string} one @param {string} other */
function same(one, other) {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(a, b);
}

/** A request with its body, and the cookies that its answer sets. */
class Request {
  /** @type {string[]} */
  cookies = [];

  /** @param {import('node:http').IncomingHttpHeaders} headers @param {string} text */
  constructor(headers, text) {
    this.headers = headers;
    this.text = text;
  }

  /** @returns {Record<string, any>} */
  get body() {
    try {
      const body = JSON.parse(this.text);
      if (body && typeof body === 'object') return body;
    } catch {
      // Refused as what is JSON but no object.
    }
    throw new Refused(400, 'This is no JSON object.');
  }

  /** @param {string} name */
  cookie(name) {
    const pairs = (this.headers.cookie ?? '').split('; ');
    return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
  }

  /** @param {string} name @param {string} value @param {string} [attributes] */
  setCookie(name, value, attributes = '') {
    this.cookies.push(`${name}=${value}; Path=/; SameSite=Lax${attributes}`);
  }
}

/** @typedef {(request: Request, id: string) => unknown} View What it returns is the answer: a page, or JSON. */

/** Another site can make a browser send cookies, but not read them: only our page can say one again. @param {View} view @returns {View} */
function withCsrfToken(view) {
  return (request, id) => {
    const token = request.cookie('csrftoken');
    if (!token || !same(token, String(request.headers['x-csrftoken'])))
      throw new Refused(403, 'The CSRF token is missing or wrong.');
    return view(request, id);
  };
}

/** No browser is behind these requests, so there is no CSRF token; they show a password instead. @param {View} view @returns {View} */
function forKittiwake(view) {
  const expected = `Basic ${Buffer.from(`kittiwake:${CALLBACK_PASSWORD}`).toString('base64')}`;
  return (request, id) => {
    if (!same(request.headers.authorization ?? '', expected))
      throw new Refused(401, 'This is for Kittiwake.');
    return view(request, id);
  };
}

/** @type {View} */
function page(request) {
  if (!request.cookie('csrftoken')) request.setCookie('csrftoken', randomText());
  return PAGE.replace('{{gateway}}', GATEWAY_URL);
}

/** @type {View} */
function logIn(request) {
  const { name, password } = request.body;
  if (!PASSWORDS.has(name) || !same(PASSWORDS.get(name) ?? '', String(password)))
    throw new Refused(403, 'There is no such user, or the password is wrong.');
  const session = randomText();
  const login = { login: randomText(), user: name };
  sessions.set(session, login);
  logins.set(login.login, login);
  request.setCookie('session', session, '; HttpOnly');
  return { user: name };
}

/** @type {View} */
function logOut(request) {
  const { login, user } = loginOf(request);
  sessions.delete(request.cookie('session') ?? '');
  logins.delete(login);
  // Who is logged in elsewhere comes back with another ticket.
  commit({ tell: [{ path: '/disconnect', body: { identity: user, reconnect: true } }] });
  request.setCookie('session', '', '; Max-Age=0');
  return {};
}

/** @type {View} */
function issueTicket(request) {
  const { login } = loginOf(request);
  const ticket = randomText();
  for (const [old, { expiresAtMs }] of tickets) if (expiresAtMs < Date.now()) tickets.delete(old);
  tickets.set(ticket, { login, expiresAtMs: Date.now() + TICKET_MS });
  return { ticket };
}

/** @type {View} */
function listOrders(request) {
  const { user } = loginOf(request);
  const visible = [...orders.values()].filter((order) => maySee(user, order));
  return { user, staff: STAFF.has(user), orders: visible };
}

/** @type {View} */
function updateOrder(request, id) {
  if (!STAFF.has(loginOf(request).user)) throw new Refused(403, 'Only staff may do this.');
  const { status } = request.body;
  if (!STATUSES.has(status)) throw new Refused(400, 'There is no such status.');
  return changeOrder(id, status);
}

// What Kittiwake asks

/** A ticket is good once, and for a short time. @type {View} */
function whoseTicket({ body: { ticket } }) {
  const issued = tickets.get(ticket);
  tickets.delete(ticket);
  const login = issued && issued.expiresAtMs >= Date.now() && logins.get(issued.login);
  if (!login) return { status: 'error', error: 'The ticket is used or too old.' };
  return { status: 'ok', user_id: login.user, login: login.login };
}

/** @type {View} */
function authorizer({ body }) {
  const login = logins.get(body['login']);
  if (!login) return { status: 'error', error: 'Log in first.' };
  if (!maySee(login.user, orderOf(body))) return { status: 'error', error: 'This is not your order.' };
  return { status: 'ok' };
}

/** @type {View} */
function state({ body }) {
  const order = orderOf(body);
  return { status: 'ok', data: order, options: { order: order?.version } };
}

/** Asked with the cookies of the visitor's browser: any status but 200 refuses. @type {View} */
function rooms(request) {
  const { user } = loginOf(request);
  return { allowed_rooms: [{ customer: STAFF.has(user) ? '*' : user }] };
}

/** The order that a callback is about. @param {Record<string, any>} body */
function orderOf({ subscription }) {
  return orders.get(subscription.slice('orders.'.length));
}

/** @type {Record<string, View>} */
const VIEWS = {
  'GET /': page,
  'POST /login': withCsrfToken(logIn),
  'POST /logout': withCsrfToken(logOut),
  'POST /ticket': withCsrfToken(issueTicket),
  'GET /orders': listOrders,
  'POST /orders/#': withCsrfToken(updateOrder),
  'POST /kittiwake/ticket': forKittiwake(whoseTicket),
  'POST /kittiwake/authorizer': forKittiwake(authorizer),
  'POST /kittiwake/state': forKittiwake(state),
  'GET /kittiwake/rooms': rooms,
};

/** @type {Set<string | undefined>} */
const METHODS = new Set(['GET', 'POST']);

/** @param {import('node:http').IncomingMessage} incoming @param {import('node:http').ServerResponse} response */
async function answer(incoming, response) {
  const path = (incoming.url ?? '').split('?')[0] ?? '';
  const view = VIEWS[`${incoming.method} ${path.replace(/\d+/, '#')}`];
  if (!view) throw new Refused(METHODS.has(incoming.method) ? 404 : 405, 'There is nothing here.');
  const request = new Request(incoming.headers, await textOf(incoming));
  const result = view(request, /\d+/.exec(path)?.[0] ?? '');
  const isPage = typeof result === 'string';
  response.writeHead(200, {
    'content-type': isPage ? 'text/html; charset=utf-8' : 'application/json',
    'set-cookie': request.cookies,
  });
  response.end(isPage ? result : JSON.stringify(result));
}

/** @param {import('node:http').IncomingMessage} incoming */
async function textOf(incoming) {
  const chunks = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Refused(413, 'This is too much.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** @param {import('node:http').ServerResponse} response @param {unknown} error */
function refuse(response, error) {
  const isRefusal = error instanceof Refused;
  if (!isRefusal) console.error(error);
  response.writeHead(isRefusal ? error.status : 500, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: isRefusal ? error.message : 'The shop made a mistake.' }));
}

readJournal();
setInterval(() => void relay(), 1000);
createServer((request, response) => {
  answer(request, response).catch((error) => refuse(response, error));
}).listen(Number(PORT), HOST, () => console.log(`http://${HOST}:${PORT}`));
