/** The shop with Express. It only speaks HTTP: Kittiwake holds the WebSockets, and asks. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import express from 'express';
import session from 'express-session';
import sqlite from 'node-sqlite3-wasm';

const {
  HOST = '127.0.0.1',
  PORT = '8000',
  GATEWAY_URL = 'http://127.0.0.1:9000',
  DATABASE = 'orders.sqlite3',
  API_KEY,
  CALLBACK_PASSWORD,
  SESSION_SECRET = randomBytes(24).toString('hex'),
} = process.env;
if (!API_KEY || !CALLBACK_PASSWORD) throw new Error('API_KEY and CALLBACK_PASSWORD must be set.');

const PASSWORDS = new Map(['anna', 'ben', 'carla'].map((name) => [name, 'demo'])); // yours are hashed
const STAFF = new Set(['carla']);
const STATUSES = new Set(['paid', 'packed', 'shipped']);
const TICKET_SECONDS = 30;

/** @param {string} name */
const shared = (name) => readFileSync(new URL(`../orders/${name}`, import.meta.url), 'utf8');
const nowSeconds = () => Math.floor(Date.now() / 1000);

class Refused extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// The database

const db = new sqlite.Database(DATABASE);
db.exec(shared('schema.sql'));

/**
 * The rows that a statement gives.
 * @param {string} sql @param {...(string | number)} values
 * @returns {Record<string, any>[]}
 */
const query = (sql, ...values) => db.all(sql, values);

/**
 * All of it is committed, or none. It awaits nothing, so no other request comes in between.
 * @template T @param {() => T} work
 */
function transaction(work) {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

/** @param {string | number} id */
const findOrder = (id) => query('SELECT * FROM orders WHERE id = ?', id)[0];

/** @param {string} user @param {Record<string, any> | null | undefined} order */
const maySee = (user, order) => Boolean(order && (STAFF.has(user) || order.customer === user));

/**
 * The change and what is to be told of it are one transaction: neither is there without the other.
 * @param {string} id @param {string} status
 */
function changeOrder(id, status) {
  const order = transaction(() => {
    const sql = 'UPDATE orders SET status = ?, version = version + 1 WHERE id = ? RETURNING *';
    const [changed] = query(sql, status, id);
    if (!changed) throw new Refused(404, 'There is no such order.');
    leave('/publish', {
      subscription: `orders.${changed.id}`,
      data: changed,
      options: { order: changed.version }, // what is older than the client has it never gets
    });
    leave('/trigger', {
      rooms: [{ customer: changed.customer }],
      data: { text: `Your ${changed.book} is ${status}.` },
    });
    if (status === 'shipped') takeCopy(changed.book);
    return changed;
  });
  void relay();
  return order;
}

/** @param {string} book */
function takeCopy(book) {
  const [stock] = query('SELECT copies FROM stock WHERE book = ?', book);
  if (!stock || stock.copies < 1) throw new Refused(409, 'There is no copy left.');
  query('UPDATE stock SET copies = copies - 1 WHERE book = ?', book);
}

// The outbox

/** @param {string} path @param {unknown} body */
function leave(path, body) {
  query('INSERT INTO outbox (path, body) VALUES (?, ?)', path, JSON.stringify(body));
}

let isRelaying = false;

/** Tells Kittiwake what was committed, in order. What it cannot be told stays, also over a restart. */
async function relay() {
  if (isRelaying) return;
  isRelaying = true;
  try {
    for (let row; (row = query('SELECT * FROM outbox ORDER BY id LIMIT 1')[0]);) {
      await tell(row);
      query('DELETE FROM outbox WHERE id = ?', row.id);
    }
  } catch (error) {
    console.error('Kittiwake cannot be told, and will be later:', error);
  } finally {
    isRelaying = false;
  }
}

/** @param {Record<string, any>} row */
async function tell({ path, body }) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` };
  const signal = AbortSignal.timeout(5000);
  const response = await fetch(GATEWAY_URL + path, { method: 'POST', headers, body, signal });
  const answer = await response.text();
  if (response.ok) return;
  // What it does not take now it never will.
  if (response.status === 400) console.error('Kittiwake does not take', body, answer);
  else throw new Error(`${response.status} ${answer}`);
}

// HTTP

const sessions = new session.MemoryStore(); // yours is a database: Kittiwake may ask another process

/** @param {string} one @param {string} other */
function same(one, other) {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(a, b);
}

/** Another site can make a browser send cookies, but not read them: only our page can say one again. @type {express.RequestHandler} */
function checkCsrfToken(request, _, next) {
  const token = /(?:^|; )csrftoken=([^;]*)/.exec(request.headers.cookie ?? '')?.[1];
  if (!token || !same(token, request.get('x-csrftoken') ?? ''))
    throw new Refused(403, 'The CSRF token is missing or wrong.');
  next();
}

/** No browser is behind these requests, so there is no CSRF token; they show a password instead. @type {express.RequestHandler} */
function checkKittiwake(request, _, next) {
  const expected = `Basic ${Buffer.from(`kittiwake:${CALLBACK_PASSWORD}`).toString('base64')}`;
  if (!same(request.get('authorization') ?? '', expected)) throw new Refused(401, 'This is for Kittiwake.');
  next();
}

/** @param {express.Request} request @returns {{ user: string, login: string }} */
function loginOf(request) {
  const { user, login } = /** @type {any} */ (request.session);
  if (!user) throw new Refused(401, 'Log in first.');
  return { user, login };
}

/** Who the session of a login belongs to; nobody when it has ended. Callbacks have no cookie. @param {unknown} login */
async function userOf(login) {
  const [row] = query('SELECT session FROM logins WHERE login = ?', String(login));
  if (!row) return undefined;
  const found = await new Promise((resolve, reject) => {
    sessions.get(row.session, (error, value) => (error ? reject(error) : resolve(value)));
  });
  return found?.user;
}

const page = express.Router();
page.use(
  session({
    store: sessions,
    secret: SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
    cookie: { sameSite: 'lax' },
  }),
);

page.get('/', (request, response) => {
  if (!/(?:^|; )csrftoken=/.test(request.headers.cookie ?? ''))
    response.cookie('csrftoken', randomBytes(16).toString('hex'), { sameSite: 'lax' });
  response.type('html').send(shared('page.html').replace('{{gateway}}', GATEWAY_URL));
});

page.get('/orders', (request, response) => {
  const { user } = loginOf(request);
  const orders = query('SELECT * FROM orders ORDER BY id').filter((order) => maySee(user, order));
  response.json({ user, staff: STAFF.has(user), orders });
});

// Kittiwake asks with the cookies of the visitor's browser: any status but 200 refuses.
page.get('/kittiwake/rooms', (request, response) => {
  const { user } = loginOf(request);
  response.json({ allowed_rooms: [{ customer: STAFF.has(user) ? '*' : user }] });
});

page.post('/login', checkCsrfToken, async (request, response) => {
  const { name, password } = request.body;
  if (!PASSWORDS.has(name) || !same(PASSWORDS.get(name) ?? '', String(password)))
    throw new Refused(403, 'There is no such user, or the password is wrong.');
  // Another id: nobody can have chosen it before.
  await new Promise((resolve, reject) =>
    request.session.regenerate((error) => (error ? reject(error) : resolve(undefined))),
  );
  const login = randomBytes(9).toString('base64url');
  Object.assign(request.session, { user: name, login });
  query('INSERT INTO logins VALUES (?, ?, ?)', login, request.sessionID, name);
  response.json({ user: name });
});

page.post('/logout', checkCsrfToken, (request, response) => {
  const { user, login } = loginOf(request);
  transaction(() => {
    query('DELETE FROM logins WHERE login = ?', login);
    // Who is logged in elsewhere comes back with another ticket.
    leave('/disconnect', { identity: user, reconnect: true });
  });
  void relay();
  request.session.destroy(() => response.json({}));
});

page.post('/ticket', checkCsrfToken, (request, response) => {
  const { login } = loginOf(request);
  const ticket = randomBytes(24).toString('base64url');
  query('DELETE FROM tickets WHERE expires < ?', nowSeconds());
  query('INSERT INTO tickets VALUES (?, ?, ?)', ticket, login, nowSeconds() + TICKET_SECONDS);
  response.json({ ticket });
});

page.post('/orders/:id', checkCsrfToken, (request, response) => {
  if (!STAFF.has(loginOf(request).user)) throw new Refused(403, 'Only staff may do this.');
  if (!STATUSES.has(request.body.status)) throw new Refused(400, 'There is no such status.');
  response.json(changeOrder(String(request.params['id']), request.body.status));
});

// What Kittiwake asks

const callbacks = express.Router();

callbacks.post('/ticket', checkKittiwake, async (request, response) => {
  // A ticket is good once, and for a short time.
  const sql = 'DELETE FROM tickets WHERE ticket = ? AND expires >= ? RETURNING login';
  const [used] = query(sql, String(request.body.ticket), nowSeconds());
  const user = used && (await userOf(used.login));
  if (user) response.json({ status: 'ok', user_id: user, login: used.login });
  else response.json({ status: 'error', error: 'The ticket is used or too old.' });
});

callbacks.post('/authorizer', checkKittiwake, async (request, response) => {
  const user = await userOf(request.body.login);
  if (!user) response.json({ status: 'error', error: 'Log in first.' });
  else if (!maySee(user, orderOf(request)))
    response.json({ status: 'error', error: 'This is not your order.' });
  else response.json({ status: 'ok' });
});

callbacks.post('/state', checkKittiwake, (request, response) => {
  const order = orderOf(request);
  response.json({ status: 'ok', data: order, options: { order: order?.version } });
});

/** The order that a callback is about. @param {express.Request} request */
const orderOf = (request) => findOrder(request.body.subscription.slice('orders.'.length));

/** Express knows it by its four parameters. @type {express.ErrorRequestHandler} */
function refuse(error, _request, response, _next) {
  if (!error.status) console.error(error);
  response
    .status(error.status ?? 500)
    .json({ error: error.status ? error.message : 'The shop made a mistake.' });
}

const app = express();
app.use(express.json({ limit: '64kb' }));
app.use('/kittiwake', callbacks);
app.use(page);
app.use(refuse);
setInterval(() => void relay(), 1000);
app.listen(Number(PORT), HOST, () => console.log(`http://${HOST}:${PORT}`));
