import { BookCard } from './book-card.js';
import { FrameLog, textElement } from './frame-log.js';
import { Live } from './live.js';

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
let me;
let role = 'editor';
let state = 'connecting';
/** Changes that have come since the page was back from where it was; nothing when it began with a state. */
let recovered;

const live = new Live({
  topics: [BOOKS],
  presentIn: BOOKS,
  onPresent: showReaders,
  openTicket,
  onState: showState,
  onRefused: (subscription, error) => showNotice(`${subscription}: ${error.message}`),
  onFrame: (direction, frame) => log.add(direction, frame),
  onData: (_subscription, data) => showBooks(data),
  onRecovered: () => showRecovery(0),
});

/** The one thing this page asks the app over HTTP: who am I, and with which ticket may I connect? */
async function openTicket() {
  const response = await fetch('/api/tickets', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: localStorage.getItem(NAME_KEY) ?? undefined }),
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined);
  if (!response?.ok) throw new Error('The bookshop cannot be reached.');
  const answer = await response.json();
  me = answer.user;
  role = me.role;
  localStorage.setItem(NAME_KEY, me.name);
  // Not under the fingers of somebody who is typing one.
  if (document.activeElement !== byId('name')) byId('name').value = me.name;
  return answer;
}

function showState(next, reason) {
  state = next;
  if (next === 'cut' || next === 'reconnecting') recovered = undefined;
  byId('state').textContent = STATES[next];
  byId('state').dataset.state = next;
  byId('pause').textContent = next === 'paused' ? 'Resume' : 'Pause';
  byId('pause').disabled = next !== 'live' && next !== 'paused';
  byId('cut').textContent = next === 'cut' ? 'Plug it in' : 'Cut the network';
  byId('cut').disabled = next !== 'live' && next !== 'cut';
  document.body.classList.toggle('is-stale', next !== 'live');
  if (reason) showNotice(reason);
  else if (next === 'live' && recovered === undefined)
    showNotice(role === 'editor' ? '' : 'You may look at the books, but not change them.');
  allowEditing();
}

function showNotice(text) {
  byId('notice').textContent = text;
  byId('notice').hidden = text === '';
}

/** @param {number} changes that were missed and have come. */
function showRecovery(changes) {
  recovered = changes;
  const what = changes === 1 ? '1 change' : `${changes} changes`;
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
  if (data.book && recovered !== undefined) showRecovery(recovered + 1);
  if (data.role && state === 'live') showState('live');
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

function save(id, changes) {
  return live.send(BOOKS, { action: 'update', id, changes });
}

/** @param readers by their ids; none when they are too many to be told. */
function showReaders(readers, total) {
  byId('reader-count').textContent = String(total);
  const items = [...readers.values()].map(({ key, info: { name, role } }) => {
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

async function pause() {
  try {
    const [farewell] = await live.pause();
    const changes = farewell?.changes ?? 0;
    showNotice(`Paused. You made ${changes} ${changes === 1 ? 'change' : 'changes'} on this visit.`);
  } catch (error) {
    showNotice(error.message);
  }
}

byId('pause').addEventListener('click', () => (state === 'paused' ? live.resume() : pause()));
byId('cut').addEventListener('click', () => (state === 'cut' ? live.restart() : live.cut()));
byId('name-form').addEventListener('submit', (event) => {
  event.preventDefault();
  localStorage.setItem(NAME_KEY, byId('name').value);
  byId('name').blur();
  // The name is part of the identity, which a ticket proves: a new name takes a new ticket.
  live.restart();
});
live.restart();
