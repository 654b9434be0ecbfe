import { api, Refused } from './api.js';
import { CallbacksView } from './callbacks.js';
import { ChannelsView } from './channels.js';
import { ConnectionsView } from './connections.js';
import { element, field, say } from './element.js';
import { OverviewView } from './overview.js';
import { button } from './parts.js';
import { PublishView } from './publish.js';
import { RefusalsView } from './refusals.js';
import { SettingsView } from './settings.js';
import { TailView } from './tail.js';

const VIEWS = [
  ['overview', 'Overview', OverviewView],
  ['connections', 'Connections', ConnectionsView],
  ['topics', 'Topics & rooms', ChannelsView],
  ['callbacks', 'Callbacks', CallbacksView],
  ['tail', 'Tail', TailView],
  ['refusals', 'Refusals', RefusalsView],
  ['publish', 'Publish & trigger', PublishView],
  ['settings', 'Configuration', SettingsView],
];

const byId = (id) => document.getElementById(id);
const links = new Map(VIEWS.map(([name, title]) => [name, element('a', { href: '#' + name }, title)]));
let session;
let current;
let leaving = new AbortController();
let timer;

byId('views').append(...links.values());
addEventListener('hashchange', () => show(true));
document.addEventListener('visibilitychange', () => (document.hidden ? pause() : void poll()));
void begin();

/** Finds out who asks, or asks for a key. @param isMoved see `show`. */
async function begin(isMoved = false) {
  try {
    session = await api.read('session');
    if (session.access === 'none') return askForKey(api.hasKey || !session.keys ? session.refusal : '');
    showWho();
    show(isMoved);
  } catch {
    notice('The gateway does not answer.', 'bad');
  }
}

function askForKey(why) {
  leave();
  session = undefined;
  byId('who').replaceChildren();
  byId('views').hidden = true;
  const key = element('input', {
    type: 'password',
    autocomplete: 'off',
    spellcheck: 'false',
    required: true,
  });
  const form = element(
    'form',
    { class: 'card sign-in', onsubmit: (event) => signIn(event, key.value) },
    element('h1', {}, 'Key for operators'),
    element('p', { class: 'about' }, 'One of operators.keys of the configuration.'),
    field('Key', key, 'It is kept by this tab only, until that is closed.'),
    element('button', { class: 'primary' }, 'Open the console'),
  );
  notice(why, 'bad');
  api.setKey(undefined);
  byId('view').replaceChildren(form);
  key.focus();
}

function signIn(event, key) {
  event.preventDefault();
  notice('');
  api.setKey(key);
  void begin(true);
}

function showWho() {
  byId('views').hidden = false;
  const may = session.access === 'full' ? 'full access' : 'read only';
  const name = session.operator === 'anyone' ? 'No key' : session.operator;
  const out = button('Sign out', () => askForKey(''), { class: 'quiet' });
  byId('who').replaceChildren(
    element('p', {}, element('b', {}, name), ' ', element('span', { class: 'pill' }, may)),
    element('small', {}, `Version ${session.version}`),
    ...(session.keys ? [out] : []),
  );
  byId('who').title = session.keys ? '' : 'To publish, disconnect and see data, set operators.keys.';
}

/** @param isMoved whether somebody has gone from another view, and expects the focus here. */
function show(isMoved) {
  if (!session) return;
  leave();
  const [path, query = ''] = location.hash.slice(1).split('?');
  const [name, title, View] = VIEWS.find(([known]) => known === path) ?? VIEWS[0];
  for (const [other, link] of links) {
    if (other === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  links.get(name).scrollIntoView?.({ block: 'nearest', inline: 'center' });
  document.title = title + ' – Kittiwake console';
  leaving = new AbortController();
  current = new View({
    session,
    notice,
    given: new URLSearchParams(query),
    signal: leaving.signal,
    refresh: poll,
  });
  byId('view').replaceChildren(current.element);
  notice('');
  partial();
  if (isMoved) byId('view').querySelector('h1')?.focus();
  void poll();
}

function leave() {
  pause();
  leaving.abort();
  current = undefined;
}

function pause() {
  clearTimeout(timer);
}

/** Asks for what the view shows, and again after a while, as long as somebody can see it. */
async function poll() {
  pause();
  const { signal } = leaving;
  const view = current;
  if (!view?.read || document.hidden) return;
  try {
    const answer = await view.read(signal);
    if (signal.aborted) return;
    failure('');
    partial(answer);
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof Refused && error.status === 401) return askForKey(error.message);
    failure(error instanceof Refused ? error.message : 'The gateway does not answer.');
  }
  clearTimeout(timer);
  if (view.everyMs && !document.hidden) timer = setTimeout(() => void poll(), view.everyMs);
}

let isFailure = false;

function failure(text) {
  if (text === '' && !isFailure) return;
  isFailure = text !== '';
  notice(text, 'bad');
}

/** Tells what came of something, without taking the focus. */
function notice(text, state = 'good') {
  const where = byId('notice');
  say(where, text);
  where.dataset.state = state;
  where.hidden = text === '';
}

/** Tells which nodes have not answered. */
function partial({ complete = true, missing = [], asked = 0 } = {}) {
  const where = byId('partial');
  say(where, complete ? '' : `Not complete: of ${asked} nodes, ${missing.join(', ')} did not answer.`);
  where.hidden = complete;
}
