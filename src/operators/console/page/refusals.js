import { api } from './api.js';
import { element } from './element.js';
import { clock, rate, shortNode } from './format.js';
import { Bars, head } from './parts.js';
import { Table } from './table.js';

/** What was refused, and why connections ended. */
export class RefusalsView {
  everyMs = 3_000;

  constructor() {
    this.kinds = new Bars('Refusals since the start', 'Nothing was refused.');
    this.closes = new Bars('Ends of connections', 'No connection has ended.');
    this.handshakes = new Bars('Handshakes refused, by status', 'No handshake was refused.');
    this.table = new Table('Latest refusals', COLUMNS, keyOf, { empty: 'Nothing was refused.' });
    this.element = element(
      'div',
      {},
      head(
        'Refusals',
        'What clients, services and operators were refused, with the reason, the last one first.',
      ),
      element('div', { class: 'three' }, this.kinds.element, this.closes.element, this.handshakes.element),
      element('section', { class: 'card' }, this.table.element),
    );
  }

  async read(signal) {
    const answer = await api.read('refusals', {}, signal);
    const { refusals_per_second: rates = {} } = answer;
    this.kinds.show(answer.refusals, (kind) => (rates[kind] > 0 ? `${rate(rates[kind])} per second` : ''));
    this.closes.show(answer.closes);
    this.handshakes.show(answer.handshakes);
    this.table.show(answer.latest);
    return answer;
  }
}

const keyOf = (one) => `${one.at} ${one.node} ${one.what} ${one.address}`;

const COLUMNS = [
  { head: 'Time', cell: ({ at }) => clock(at) },
  { head: 'Kind', isName: true, make: ({ kind }) => element('span', { class: 'code word' }, kind) },
  { head: 'What', cell: ({ what }) => what },
  { head: 'Why', cell: ({ why, by }) => `${why} (${by})` },
  { head: 'From', cell: ({ address = '' }) => address },
  { head: 'Node', cell: ({ node }) => shortNode(node) },
];
