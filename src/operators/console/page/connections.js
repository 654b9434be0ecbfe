import { api } from './api.js';
import { confirmed, open } from './dialog.js';
import { element, field, say, select } from './element.js';
import { number, shown, shortNode, since } from './format.js';
import { button, head } from './parts.js';
import { Table } from './table.js';

const PER_PAGE = 50;
const CRITERIA = [
  ['identity', 'Identity'],
  ['identity_json', 'Identity, as JSON'],
  ['connection', 'Connection'],
  ['address', 'Address'],
  ['topic', 'Topic'],
  ['room', 'Room, as JSON'],
  ['node', 'Node'],
];

/** Who is connected. */
export class ConnectionsView {
  everyMs = 5_000;
  cursors = [undefined];

  constructor(page) {
    this.page = page;
    const [[name, value] = ['identity', '']] = [...page.given];
    this.by = select(CRITERIA, {});
    this.by.value = CRITERIA.some(([known]) => known === name) ? name : 'identity';
    this.value = element('input', { type: 'search', spellcheck: 'false', autocomplete: 'off' });
    this.value.value = value;
    this.count = element('p', { class: 'count', role: 'status' });
    this.table = new Table('Connections', this.columns(), ({ id }) => id, {
      empty: 'Nobody who is like that is connected.',
    });
    this.back = button('Previous page', () => this.turn(-1), { disabled: true });
    this.next = button('Next page', () => this.turn(1), { disabled: true });
    this.element = element(
      'div',
      {},
      head('Connections', 'Who is connected, on all nodes, in the order in which they came.'),
      element(
        'form',
        { class: 'row filter', role: 'search', onsubmit: (event) => this.search(event) },
        field('Find by', this.by),
        field('Is', this.value),
        element('button', { class: 'primary' }, 'Find'),
        this.count,
      ),
      element('section', { class: 'card' }, this.table.element),
      element('div', { class: 'row end' }, this.back, this.next),
    );
  }

  async read(signal) {
    const answer = await api.read(
      'connections',
      { ...this.query, limit: PER_PAGE, cursor: this.cursors.at(-1) },
      signal,
    );
    this.following = answer.cursor ?? undefined;
    this.table.show(answer.connections);
    say(this.count, `${number(answer.total)} ${this.cursors.length > 1 ? 'from here on' : 'in all'}`);
    this.back.disabled = this.cursors.length === 1;
    this.next.disabled = this.following === undefined;
    return answer;
  }

  get query() {
    return { [this.by.value]: this.value.value.trim() };
  }

  search(event) {
    event.preventDefault();
    this.cursors = [undefined];
    this.page.refresh();
  }

  turn(by) {
    if (by < 0) this.cursors.pop();
    else this.cursors.push(this.following);
    this.page.refresh();
  }

  columns() {
    const mayAct = this.page.session.access === 'full';
    return [
      {
        head: 'Who',
        isName: true,
        make: () => element('span', { class: 'stacked' }, element('b'), element('small', { class: 'code' })),
        update: (one, { identity, id }) => {
          say(one.firstChild, identity === undefined ? 'anonymous' : shown(identity));
          say(one.lastChild, id);
        },
      },
      { head: 'By', make: ({ endpoint, transport }) => stacked(endpoint, transport) },
      {
        head: 'From',
        make: ({ address = 'unknown', node }) => stacked(address, `to ${shortNode(node)}`, node),
      },
      { head: 'Connected', isNumber: true, cell: (one) => since(one.since) },
      {
        head: 'Subscriptions',
        isNumber: true,
        make: (one) => button('', () => this.subscriptionsOf(one), { class: 'link' }),
        update: (one, { id, subscriptions }) => {
          say(one, number(subscriptions));
          one.setAttribute('aria-label', `${one.textContent} subscriptions of ${id}`);
        },
      },
      {
        head: 'Actions',
        isActions: true,
        make: (one) =>
          element(
            'span',
            { class: 'actions' },
            element(
              'a',
              { class: 'button', href: `#tail?connection=${one.id}`, 'aria-label': `Follow ${one.id}` },
              'Follow',
            ),
            mayAct &&
              button('Disconnect', () => this.disconnect(one), {
                class: 'danger',
                'aria-label': `Disconnect ${one.id}`,
              }),
          ),
      },
    ];
  }

  async subscriptionsOf({ id, identity }) {
    const query = { connection: id, subscriptions: 'true' };
    const { connections } = await api.read('connections', query).catch(() => ({ connections: [] }));
    const topics = connections[0]?.topics ?? [];
    const items = topics.map((topic) => this.subscription(id, topic));
    open(
      `Subscriptions of ${identity === undefined ? id : shown(identity)}`,
      topics.length === 0
        ? element('p', { class: 'empty' }, 'None, or it has gone.')
        : element('ul', { class: 'list' }, items),
    );
  }

  subscription(connection, topic) {
    const isRoom = topic.startsWith('{');
    const where = isRoom ? { room: JSON.parse(topic) } : { topic };
    const end = button('Unsubscribe', async () => {
      end.disabled = true;
      await this.act('unsubscribe', { connection, ...where }, 'unsubscribed', 'subscription');
    });
    const mayAct = this.page.session.access === 'full';
    return element('li', {}, element('span', { class: 'code' }, topic), mayAct && end);
  }

  async disconnect({ id, identity }) {
    const who = identity === undefined ? `the connection ${id}` : `${shown(identity)} (${id})`;
    const text = `Closes the connection of ${who}. Its client can come back with a token that is still good.`;
    if (await confirmed('Disconnect?', text, 'Disconnect'))
      await this.act('disconnect', { connection: id }, 'disconnected', 'connection');
  }

  async act(name, body, counted, noun) {
    try {
      const answer = await api.act(name, body);
      this.page.notice(`${answer[counted]} ${noun}${answer[counted] === 1 ? '' : 's'} ${counted}.`);
      this.page.refresh();
    } catch (error) {
      this.page.notice(error.message, 'bad');
    }
  }
}

function stacked(first, second, title) {
  return element(
    'span',
    { class: 'stacked', title },
    element('span', {}, first),
    element('small', {}, second),
  );
}
