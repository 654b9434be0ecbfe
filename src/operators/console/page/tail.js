import { api } from './api.js';
import { element, field, say, select } from './element.js';
import { bytes, clock } from './format.js';
import { button, head } from './parts.js';

const MOST = 300;
const KINDS = [
  ['topic', 'A topic'],
  ['room', 'A room, as JSON'],
  ['identity', 'An identity'],
  ['identity_json', 'An identity, as JSON'],
  ['connection', 'A connection'],
];

/** What comes, as it comes. */
export class TailView {
  count = 0;

  constructor({ session, notice, given, signal }) {
    this.notice = notice;
    this.signal = signal;
    const [[name, value] = ['topic', '']] = [...given];
    this.kind = select(KINDS);
    this.kind.value = KINDS.some(([known]) => known === name) ? name : 'topic';
    this.value = element('input', { type: 'text', required: true, spellcheck: 'false', autocomplete: 'off' });
    this.value.value = value;
    this.value.placeholder = session.services[0] === undefined ? '' : `${session.services[0]}.…`;
    this.data = element('input', { type: 'checkbox' });
    this.data.disabled = session.access !== 'full';
    this.start = element('button', { class: 'primary' }, 'Follow');
    this.state = element(
      'p',
      { class: 'count', role: 'status', 'data-testid': 'following' },
      'Nothing is followed.',
    );
    // A reader is told how many there are, not each: it would speak without end.
    this.list = element('ol', { class: 'events', 'aria-label': 'Events, the last one first', tabindex: '0' });
    this.element = element(
      'div',
      {},
      head(
        'Tail',
        'Publications to a topic, triggers of a room, or the frames of somebody, on all nodes, as they come.',
      ),
      element(
        'form',
        { class: 'row filter', onsubmit: (event) => this.toggle(event) },
        field('Follow', this.kind),
        field('Which is', this.value),
        element(
          'label',
          { class: 'check', title: this.data.disabled ? 'Takes a key with full access.' : '' },
          this.data,
          'Show data',
        ),
        this.start,
        button('Clear', () => this.clear(), { class: 'quiet' }),
      ),
      this.state,
      element('section', { class: 'card' }, this.list),
    );
    signal.addEventListener('abort', () => this.leave?.abort());
    if (value !== '') void this.follow();
  }

  toggle(event) {
    event.preventDefault();
    if (this.leave) this.leave.abort();
    else void this.follow();
  }

  clear() {
    this.list.replaceChildren();
    this.count = 0;
  }

  async follow() {
    const leave = new AbortController();
    this.leave = leave;
    const what =
      `${this.kind.selectedOptions[0].textContent.replace(', as JSON', '')} ${this.value.value}`.replace(
        /^An? /,
        '',
      );
    say(this.start, 'Stop');
    say(this.state, `Beginning to follow ${what}.`);
    try {
      const query = { [this.kind.value]: this.value.value, ...(this.data.checked && { data: 'true' }) };
      for await (const [name, data] of api.follow(query, leave.signal)) this.take(name, data, what);
      if (!leave.signal.aborted) this.notice('The gateway has ended it.', 'bad');
    } catch (error) {
      if (!leave.signal.aborted) this.notice(error.message, 'bad');
    }
    this.leave = undefined;
    say(this.start, 'Follow');
    say(this.state, `Nothing is followed. ${this.count} events came.`);
  }

  take(name, data, what) {
    if (name === 'begin') say(this.state, `Following ${what}.`);
    else if (name === 'clients') say(this.state, clientsText(what, data));
    else this.add(name, data);
  }

  add(name, data) {
    this.count++;
    this.list.prepend(NOTES[name] ? note(NOTES[name](data)) : entry(data));
    while (this.list.children.length > MOST) this.list.lastChild.remove();
  }
}

const NOTES = {
  dropped: ({ count }) => `${count} were not told: there were too many.`,
  lost: () => 'The broker is lost, or publications are missing: there may be a gap.',
  refused: ({ error }) => error,
};

function clientsText(what, { connections, missing }) {
  const some = connections === 1 ? 'one connection' : `${connections} connections`;
  const without = missing.length > 0 ? ` No answer of ${missing.join(', ')}.` : '';
  return `Following ${what}: ${some}.${without}`;
}

function note(text) {
  return element('li', { class: 'note' }, text);
}

function entry({ at, topic, rooms, direction, connection, size, data, frame }) {
  const isFrame = frame !== undefined;
  const where = topic ?? (rooms ? rooms.map((room) => JSON.stringify(room)).join(' ') : connection);
  const shown = isFrame ? frame : data;
  return element(
    'li',
    { 'data-direction': direction },
    element(
      'p',
      {},
      element('time', { datetime: at }, clock(at)),
      isFrame && element('span', { class: 'pill' }, direction === 'in' ? 'from client' : 'to client'),
      element('span', { class: 'code' }, where),
      element('small', {}, bytes(size)),
    ),
    element('pre', {}, laidOut(shown)),
  );
}

const WIDE = 110;

/** On one line, if it fits. */
function laidOut(data) {
  const line = JSON.stringify(data) ?? '';
  return line.length > WIDE ? JSON.stringify(data, null, 2) : line;
}
