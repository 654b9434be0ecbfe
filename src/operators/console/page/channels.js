import { api } from './api.js';
import { confirmed } from './dialog.js';
import { element, field, say, select } from './element.js';
import { number, rate } from './format.js';
import { bar, button, head, showBar } from './parts.js';
import { Table } from './table.js';

/** Topics and rooms, by subscribers or by publications. */
export class ChannelsView {
  everyMs = 3_000;

  constructor(page) {
    this.page = page;
    this.kind = select([
      ['topics', 'Topics'],
      ['rooms', 'Rooms'],
    ]);
    if (!page.session.rooms) this.kind.disabled = true;
    this.find = element('input', {
      type: 'search',
      spellcheck: 'false',
      autocomplete: 'off',
      maxlength: '512',
    });
    this.sort = select([
      ['subscribers', 'Subscribers'],
      ['rate', 'Publications per second'],
    ]);
    for (const control of [this.kind, this.find, this.sort])
      control.addEventListener('input', () => this.page.refresh());
    this.count = element('p', { class: 'count', role: 'status' });
    this.table = new Table('Topics and rooms', this.columns(), nameOf, {
      empty: 'Nobody is subscribed to anything like that.',
    });
    this.element = element(
      'div',
      {},
      head('Topics & rooms', 'What clients are subscribed to, the largest of all nodes.'),
      element(
        'form',
        { class: 'row filter', role: 'search', onsubmit: (event) => event.preventDefault() },
        field('Show', this.kind),
        field('Name contains', this.find),
        field('First', this.sort),
        this.count,
      ),
      element('section', { class: 'card' }, this.table.element),
    );
  }

  async read(signal) {
    const query = { find: this.find.value, sort: this.sort.value, limit: 100 };
    const answer = await api.read(this.kind.value, query, signal);
    this.most = Math.max(1, ...answer.items.map(({ subscribers }) => subscribers));
    this.table.show(answer.items);
    const { length } = answer.items;
    const told = answer.at_least > length ? `${length} of ${number(answer.at_least)} or more` : `${length}`;
    say(this.count, `${told} ${this.kind.value}`);
    return answer;
  }

  columns() {
    const mayAct = this.page.session.access === 'full';
    return [
      { head: 'Name', isName: true, make: (item) => element('span', { class: 'code' }, nameOf(item)) },
      {
        head: 'Subscribers',
        make: bar,
        update: (one, { subscribers }) => showBar(one, subscribers / this.most, number(subscribers), 2),
      },
      { head: 'Pub/s', isNumber: true, cell: (item) => rate(item.publications_per_second) },
      { head: 'Nodes', isNumber: true, cell: (item) => number(item.on_nodes) },
      {
        head: 'Actions',
        isActions: true,
        make: (item) =>
          element(
            'span',
            { class: 'actions' },
            element(
              'a',
              { class: 'button', href: `#tail?${queryOf(item)}`, 'aria-label': `Follow ${nameOf(item)}` },
              'Follow',
            ),
            element(
              'a',
              {
                class: 'button',
                href: `#connections?${queryOf(item)}`,
                'aria-label': `Who is in ${nameOf(item)}`,
              },
              'Who',
            ),
            mayAct &&
              button('Unsubscribe all', () => this.unsubscribe(item), {
                class: 'danger',
                'aria-label': `Unsubscribe all from ${nameOf(item)}`,
              }),
          ),
      },
    ];
  }

  async unsubscribe(item) {
    const text = `Ends all ${number(item.subscribers)} subscriptions to ${nameOf(item)}, on all nodes. The app hears of each.`;
    if (!(await confirmed('Unsubscribe all?', text, 'Unsubscribe all'))) return;
    try {
      const { unsubscribed } = await api.act(
        'unsubscribe',
        item.topic === undefined ? { room: item.room } : { topic: item.topic },
      );
      this.page.notice(`${number(unsubscribed)} subscriptions ended.`);
      this.page.refresh();
    } catch (error) {
      this.page.notice(error.message, 'bad');
    }
  }
}

function nameOf({ topic, room }) {
  return topic ?? JSON.stringify(room);
}

function queryOf({ topic, room }) {
  return new URLSearchParams(topic === undefined ? { room: JSON.stringify(room) } : { topic }).toString();
}
