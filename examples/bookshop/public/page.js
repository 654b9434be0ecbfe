import { createClient, topic } from '/client.js';
import { BookCard } from './book-card.js';
import { FrameLog, textElement } from './frame-log.js';
import { NetworkCable } from './network-cable.js';

const BOOKS = 'books.all';
const NAME_KEY = 'bookshop-name';
const STATES = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  paused: 'Paused',
  cut: 'Offline',
  closed: 'Closed',
};

const byId = (id) => document.getElementById(id);
const cards = new Map();
const log = new FrameLog(byId('log'));
const cable = new NetworkCable();
const client = createClient({
  url: document.body.dataset.gateway,
  auth: { ticket: getTicket },
  transports: [cable.transport],
  debug: ({ type, what }) => type !== 'state' && log.add(type === 'out' ? 'sent' : 'received', what),
});
/** The topic as it is followed now; none during a pause. */
let books;
let me;
let role = 'editor';
let state = 'connecting';
/** Changes that this page has made on this visit. */
let saved = 0;
/** Changes that have come since the page was back from where it was; nothing when it began with a state. */
let recovered;

function follow() {
  recovered = undefined;
  books = topic(client, BOOKS, { presence: true });
  books.on('status', (status, error) => {
    if (status === 'stale') recovered ??= 0;
    showState(stateOf(status), error?.message);
  });
  books.on('state', (data) => {
    recovered = undefined;
    showBooks(data);
  });
  books.on('update', showBooks);
  books.on('presence', showReaders);
}

function stateOf(status) {
  if (status === 'live') return 'live';
  if (status === 'ended') return books ? 'closed' : 'paused';
  if (!cable.isPlugged) return 'cut';
  return state === 'connecting' ? 'connecting' : 'reconnecting';
}

/** The one thing this page asks the app over HTTP: who am I, and with which ticket may I connect? */
async function getTicket({ signal }) {
  const response = await fetch('/api/tickets', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: localStorage.getItem(NAME_KEY) ?? undefined }),
    signal,
  }).catch(() => undefined);
  if (!response?.ok) throw new Error('The bookshop cannot be reached.');
  const { ticket, user } = await response.json();
  me = user;
  role = me.role;
  localStorage.setItem(NAME_KEY, me.name);
  // Not under the fingers of somebody who is typing one.
  if (document.activeElement !== byId('name')) byId('name').value = me.name;
  return ticket;
}

function showState(next, reason) {
  state = next;
  byId('state').textContent = STATES[next];
  byId('state').dataset.state = next;
  byId('pause').textContent = next === 'paused' ? 'Resume' : 'Pause';
  byId('pause').disabled = next !== 'live' && next !== 'paused';
  byId('cut').textContent = next === 'cut' ? 'Plug it in' : 'Cut the network';
  byId('cut').disabled = next !== 'live' && next !== 'cut';
  document.body.classList.toggle('is-stale', next !== 'live');
  if (reason) showNotice(reason);
  else if (next === 'live') showLive();
  allowEditing();
}

function showLive() {
  if (recovered !== undefined) showRecovery();
  else showNotice(role === 'editor' ? '' : 'You may look at the books, but not change them.');
}

function showNotice(text) {
  byId('notice').textContent = text;
  byId('notice').hidden = text === '';
}

function showRecovery() {
  const what = recovered === 1 ? '1 change' : `${recovered} changes`;
  showNotice(`Back where this page was: ${what} came since.`);
}

function allowEditing() {
  for (const card of cards.values()) card.canEdit = state === 'live' && role === 'editor';
}

/** Three kinds of data: all books (and our role, when we subscribe), one changed book, or our new role. */
function showBooks(data) {
  if (data.role) role = data.role;
  if (data.books) for (const book of data.books) showBook(book);
  if (data.book) announce(showBook(data.book), data.by);
  if (data.book && recovered !== undefined) recovered += 1;
  if (state === 'live') showLive();
  allowEditing();
}

function showBook(book) {
  let card = cards.get(book.id);
  if (card) card.update(book);
  else {
    card = new BookCard(byId('book-template'), book, save);
    cards.set(book.id, card);
    byId('books').append(card.element);
  }
  return card;
}

function announce({ book }, by) {
  byId('announcement').textContent = `${by ?? 'Somebody, over HTTP,'} changed ${book.title}.`;
}

async function save(id, changes) {
  await books.send({ action: 'update', id, changes });
  saved += 1;
}

/** Who is here, or only how many, when they are too many to be told. */
function showReaders() {
  const readers = [...(books.members?.values() ?? [])];
  byId('reader-count').textContent = String(books.count ?? readers.length);
  const items = readers.map(({ key, info: { name, role } }) => {
    const item = textElement('li', '');
    item.dataset.testid = 'reader';
    item.append(textElement('bdi', name));
    if (key === me?.id) item.append(badge('you'));
    if (role !== 'editor') item.append(badge(role));
    return item;
  });
  byId('readers').replaceChildren(...items);
}

function badge(text) {
  const element = textElement('span', text);
  element.className = 'badge';
  return element;
}

function pause() {
  const followed = books;
  books = undefined;
  followed.close();
  showNotice(`Paused. You made ${saved} ${saved === 1 ? 'change' : 'changes'} on this visit.`);
  saved = 0;
}

function plugIn() {
  cable.plugIn();
  client.reconnect();
}

byId('pause').addEventListener('click', () => (state === 'paused' ? follow() : pause()));
byId('cut').addEventListener('click', () => (cable.isPlugged ? cable.unplug() : plugIn()));
byId('name-form').addEventListener('submit', (event) => {
  event.preventDefault();
  localStorage.setItem(NAME_KEY, byId('name').value);
  byId('name').blur();
  // The name is part of the identity, which a ticket proves: a new name takes a new ticket.
  client.reconnect();
});
client.on('state', (now, { text }) => {
  if (now === 'waiting' && text && cable.isPlugged) showNotice(text);
});
client.on('error', (error) => showState('closed', error.message));
void client.connect();
follow();
