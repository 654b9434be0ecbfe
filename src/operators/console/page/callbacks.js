import { api } from './api.js';
import { element } from './element.js';
import { latency, number, rate } from './format.js';
import { head, pill, showPill, Tile } from './parts.js';
import { Table } from './table.js';

/** How the app answers. */
export class CallbacksView {
  everyMs = 3_000;

  constructor() {
    this.tiles = {
      calls: new Tile('Callbacks per second', { hasLine: true }),
      failures: new Tile('Failures per second', { hasLine: true }),
      waiting: new Tile('Waiting for a connection to the app'),
      slowest: new Tile('Slowest, 95 %'),
    };
    this.table = new Table('Callbacks', this.columns(), (one) => `${one.service} ${one.callback}`, {
      empty: 'The app has not been asked yet.',
    });
    this.element = element(
      'div',
      {},
      head(
        'Callbacks',
        'How the app answers, by service and callback. Times are of the latest calls, or of all where there are none.',
      ),
      element(
        'dl',
        { class: 'tiles' },
        Object.values(this.tiles).map((tile) => tile.element),
      ),
      element('section', { class: 'card' }, this.table.element),
    );
  }

  columns() {
    const name = {
      head: 'Service',
      isName: true,
      make: ({ service, callback }) =>
        element(
          'span',
          { class: 'stacked' },
          element('span', {}, element('b', {}, service), ' ', pill()),
          element('small', { class: 'code' }, callback),
        ),
      update: (one, { service }) => {
        const mark = one.firstChild.lastChild;
        mark.hidden = !this.paused.has(service);
        showPill(mark, 'not asked for a while', 'bad');
      },
    };
    return [name, ...COLUMNS];
  }

  async read(signal) {
    const answer = await api.read('callbacks', {}, signal);
    const { callbacks, waiting, waiting_seconds: seconds } = answer;
    const isKnown = callbacks.some((one) => one.calls_per_second !== undefined);
    const sum = (name) =>
      isKnown ? callbacks.reduce((total, one) => total + (one[name] ?? 0), 0) : undefined;
    const [calls, failures] = [sum('calls_per_second'), sum('failures_per_second')];
    const slowest = callbacks.toSorted((a, b) => (b.latency.p95 ?? 0) - (a.latency.p95 ?? 0))[0];
    this.paused = new Set(answer.paused);
    this.tiles.calls.show(rate(calls), { value: calls });
    this.tiles.failures.show(rate(failures), { value: failures, state: failures > 0 ? 'bad' : '' });
    this.tiles.waiting.show(number(waiting), {
      note: waiting > 0 ? `the first for ${latency(seconds)}` : '',
      state: seconds > 1 ? 'bad' : '',
    });
    this.tiles.slowest.show(latency(slowest?.latency.p95), {
      note: slowest ? `${slowest.service} ${slowest.callback}` : '',
    });
    this.table.show(callbacks);
    return answer;
  }
}

const COLUMNS = [
  { head: 'Calls', isNumber: true, cell: ({ calls }) => number(calls) },
  { head: 'Calls/s', isNumber: true, cell: (one) => rate(one.calls_per_second) },
  {
    head: 'Failed',
    isNumber: true,
    make: pill,
    update: (one, { failures, calls }) => {
      const share = calls === 0 ? 0 : failures / calls;
      showPill(
        one,
        failures === 0 ? 'none' : `${number(failures)} (${(100 * share).toFixed(1)} %)`,
        failures === 0 ? 'good' : 'bad',
      );
    },
  },
  { head: 'Mean', isNumber: true, cell: ({ latency: { mean } }) => latency(mean) },
  { head: '50 %', isNumber: true, cell: ({ latency: { p50 } }) => latency(p50) },
  { head: '95 %', isNumber: true, cell: ({ latency: { p95 } }) => latency(p95) },
  { head: '99 %', isNumber: true, cell: ({ latency: { p99 } }) => latency(p99) },
  {
    head: 'Outcomes',
    cell: ({ outcomes }) =>
      Object.entries(outcomes)
        .map(([outcome, count]) => `${number(count)} ${outcome}`)
        .join(', '),
  },
];
