import { api } from './api.js';
import { element } from './element.js';
import { bytes, clock, latency, number, percent, rate, shortNode, shown, span } from './format.js';
import { bar, head, pill, showBar, showPill, Tile } from './parts.js';
import { Table } from './table.js';

const MORE_EVERY = 3;

/** How all of it fares. */
export class OverviewView {
  everyMs = 2_000;
  looks = 0;

  constructor() {
    this.tiles = {
      nodes: new Tile('Nodes'),
      connections: new Tile('Connections', { hasLine: true }),
      subscriptions: new Tile('Subscriptions'),
      publications: new Tile('Publications per second', { hasLine: true }),
      deliveries: new Tile('Deliveries per second', { hasLine: true }),
      lag: new Tile('Event loop lag'),
    };
    this.nodes = new Table('Nodes', NODE_COLUMNS, ({ node }) => node);
    this.topics = new Table('Busiest topics', TOPIC_COLUMNS, ({ topic }) => topic, {
      empty: 'Nobody is subscribed to a topic.',
      isSmall: true,
    });
    this.refusals = new Table('Latest refusals', REFUSAL_COLUMNS, refusalKey, {
      empty: 'Nothing was refused.',
    });
    this.element = element(
      'div',
      {},
      head('Overview', 'What the gateway carries, on all nodes.'),
      element(
        'dl',
        { class: 'tiles' },
        Object.values(this.tiles).map((tile) => tile.element),
      ),
      element('section', { class: 'card' }, this.nodes.element),
      element(
        'div',
        { class: 'two' },
        element('section', { class: 'card' }, this.topics.element),
        element('section', { class: 'card' }, this.refusals.element),
      ),
    );
  }

  async read(signal) {
    const hasMore = this.looks++ % MORE_EVERY === 0;
    const [answer, topics, refusals] = await Promise.all([
      api.read('nodes', {}, signal),
      hasMore && api.read('topics', { sort: 'rate', limit: 6 }, signal),
      hasMore && api.read('refusals', {}, signal),
    ]);
    this.show(answer);
    if (topics) this.topics.show(topics.items);
    if (refusals) this.refusals.show(refusals.latest.slice(0, 6));
    return answer;
  }

  show({ nodes, asked, missing }) {
    const sum = (of) => nodes.reduce((total, node) => total + (of(node) ?? 0), 0);
    const isKnown = nodes.some((node) => node.deliveries_per_second !== undefined);
    const ready = nodes.filter(({ state }) => state === 'ready').length;
    const hosts = new Set(nodes.map(({ host }) => host)).size;
    const { tiles } = this;
    tiles.nodes.show(ready === asked ? `${asked} ready` : `${ready} of ${asked} ready`, {
      note:
        missing.length > 0
          ? `${missing.length} missing`
          : hosts === 1
            ? 'on one machine'
            : `on ${hosts} machines`,
      state: ready === asked ? 'good' : 'bad',
    });
    const connections = sum((node) => node.connections);
    tiles.connections.show(number(connections), { value: connections });
    const topics = sum(({ subscriptions }) => subscriptions.topics);
    const rooms = sum(({ subscriptions }) => subscriptions.rooms);
    tiles.subscriptions.show(number(topics + rooms), {
      note: `${number(topics)} to topics, ${number(rooms)} to rooms`,
    });
    const publications = isKnown ? sum((node) => node.publications_per_second) : undefined;
    tiles.publications.show(rate(publications), { value: publications });
    const deliveries = isKnown ? sum((node) => node.deliveries_per_second) : undefined;
    tiles.deliveries.show(rate(deliveries), { value: deliveries });
    const lags = nodes.flatMap(({ loop_lag: lag }) => lag ?? []);
    const lag = lags.length > 0 ? Math.max(...lags) : undefined;
    tiles.lag.show(latency(lag), { note: 'the slowest node, 99 %', state: lag > 0.25 ? 'bad' : '' });
    this.nodes.show(nodes);
  }
}

const STATES = { ready: 'good', draining: 'fair' };

const NODE_COLUMNS = [
  {
    head: 'Node',
    isName: true,
    make: ({ node, host, worker, pid, version }) =>
      element(
        'span',
        { class: 'stacked', title: node },
        element('b', {}, shortNode(node)),
        element(
          'small',
          {},
          `${host}, ${worker === undefined ? 'process' : 'worker'} ${worker ?? pid}, ${version}`,
        ),
      ),
  },
  {
    head: 'State',
    make: pill,
    update: (one, { state }) => showPill(one, state, STATES[state] ?? 'bad'),
  },
  { head: 'Connections', isNumber: true, cell: ({ connections }) => number(connections) },
  {
    head: 'Subscriptions',
    isNumber: true,
    cell: ({ subscriptions: { topics, rooms } }) => number(topics + rooms),
  },
  { head: 'Pub/s', isNumber: true, cell: (node) => rate(node.publications_per_second) },
  { head: 'Deliv/s', isNumber: true, cell: (node) => rate(node.deliveries_per_second) },
  { head: 'CPU', make: bar, update: (one, { cpu }) => showBar(one, cpu) },
  {
    head: 'Event loop, lag',
    make: bar,
    update: (one, { loop, loop_lag: lag }) => {
      showBar(one, loop, lag === undefined ? percent(loop) : `${percent(loop)}, ${latency(lag)}`);
    },
  },
  { head: 'Memory', isNumber: true, cell: ({ memory }) => bytes(memory) },
  { head: 'Up', isNumber: true, cell: ({ uptime }) => span(uptime) },
];

const TOPIC_COLUMNS = [
  {
    head: 'Topic',
    isName: true,
    make: ({ topic }) =>
      element('a', { class: 'code', href: `#tail?topic=${encodeURIComponent(topic)}` }, topic),
  },
  { head: 'Subscribers', isNumber: true, cell: ({ subscribers }) => number(subscribers) },
  { head: 'Pub/s', isNumber: true, cell: (item) => rate(item.publications_per_second) },
];

const refusalKey = (one) => `${one.at} ${one.node} ${one.what} ${one.address}`;

const REFUSAL_COLUMNS = [
  { head: 'Time', cell: ({ at }) => clock(at) },
  { head: 'Kind', isName: true, make: ({ kind }) => element('span', { class: 'code word' }, kind) },
  { head: 'What', cell: ({ what, address }) => (address ? `${shown(what)}, ${address}` : shown(what)) },
];
