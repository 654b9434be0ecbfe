import { documentedMetrics } from './operations-guide.mjs';

/** @typedef {import('./operations-guide.mjs').MetricRow} MetricRow */

/** What is shown together, by the beginning of the names. A metric without a row is not shown, which is an error. */
const ROWS = /** @type {const} */ ([
  ['How it is', /^kittiwake_(?:build_info|broker_ready|rabbitmq_ready|workers)/],
  ['Clients', /^kittiwake_(?:connections|subscriptions|handshakes|limits|refusals|events)/],
  ['Publications', /^kittiwake_(?:publications|deliveries|drops|keys)/],
  ['The app', /^kittiwake_callback/],
  ['Procedures', /^kittiwake_(?:procedure|kept_call)/],
  ['Histories', /^kittiwake_history/],
  ['Ends that outlive a node', /^kittiwake_ledger/],
  ['Other', /^kittiwake_/],
  ['Processes', /^(?:nodejs|process)_/],
]);

/** Of Node's own, those that say first that a process has too much to do. @type {MetricRow[]} */
const PROCESS_METRICS = [
  {
    name: 'nodejs_eventloop_lag_p99_seconds',
    type: 'gauge',
    labels: ['instance'],
    counts: 'how late the event loop is, of 99 % of its turns',
  },
  { name: 'process_cpu_seconds_total', type: 'counter', labels: ['instance'], counts: 'CPU, in cores' },
  { name: 'process_resident_memory_bytes', type: 'gauge', labels: ['instance'], counts: 'memory' },
  { name: 'process_open_fds', type: 'gauge', labels: ['instance'], counts: 'open files, sockets among them' },
];

const WIDTH = 8;
const HEIGHT = 8;
const COLUMNS = 24 / WIDTH;
const MATCHERS = 'job=~"$job", instance=~"$instance"';
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** The dashboard for Grafana: a panel for each metric that the guide for operators has in its table. */
export function dashboard() {
  return {
    uid: 'kittiwake',
    title: 'Kittiwake',
    description: 'Made from the table of metrics in docs/operations.md.',
    tags: ['kittiwake'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: { list: VARIABLES },
    panels: panelsOf([...documentedMetrics(), ...PROCESS_METRICS]),
  };
}

/** @param {string} name @param {string} query */
const labelVariable = (name, query) => ({
  name,
  type: 'query',
  datasource: DATASOURCE,
  query: { query, refId: name },
  refresh: 2, // when the range of time changes
  multi: true,
  includeAll: true,
  current: { text: ['All'], value: ['$__all'] },
});

const VARIABLES = [
  { name: 'datasource', type: 'datasource', query: 'prometheus' },
  labelVariable('job', 'label_values(kittiwake_build_info, job)'),
  labelVariable('instance', 'label_values(kittiwake_build_info{job=~"$job"}, instance)'),
];

/** @param {MetricRow[]} metrics */
function panelsOf(metrics) {
  const panels = [];
  let y = 0;
  for (const [index, [title]] of ROWS.entries()) {
    const shown = metrics.filter(({ name }) => ROWS.findIndex(([, names]) => names.test(name)) === index);
    if (shown.length === 0) continue;
    panels.push({ type: 'row', title, collapsed: false, panels: [], gridPos: { h: 1, w: 24, x: 0, y } });
    panels.push(...shown.map((metric, place) => panelOf(metric, place, y + 1)));
    y += 1 + Math.ceil(shown.length / COLUMNS) * HEIGHT;
  }
  return panels.map((panel, index) => ({ id: index + 1, ...panel }));
}

/** @param {MetricRow} metric @param {number} place Within its row. @param {number} top */
function panelOf(metric, place, top) {
  return {
    type: 'timeseries',
    title: titleOf(metric),
    description: `${metric.name}: ${metric.counts}`,
    datasource: DATASOURCE,
    gridPos: {
      h: HEIGHT,
      w: WIDTH,
      x: (place % COLUMNS) * WIDTH,
      y: top + Math.floor(place / COLUMNS) * HEIGHT,
    },
    fieldConfig: { defaults: { unit: unitOf(metric), min: 0 }, overrides: [] },
    options: {
      tooltip: { mode: 'multi', sort: 'desc' },
      legend: { displayMode: 'list', placement: 'bottom' },
    },
    targets: queriesOf(metric).map(([expr, legendFormat], index) => ({
      refId: String.fromCodePoint('A'.codePointAt(0) + index),
      datasource: DATASOURCE,
      expr,
      legendFormat,
    })),
  };
}

/** @param {MetricRow} metric */
function titleOf({ name, type }) {
  const unit = type === 'gauge' ? /_bytes$/ : /(?:_seconds)?(?:_total)?$/;
  const words = name
    .replace(/^kittiwake_/, '')
    .replace(unit, '')
    .replaceAll('_', ' ');
  const title = words.charAt(0).toUpperCase() + words.slice(1);
  return type === 'counter' && name !== 'process_cpu_seconds_total' ? `${title} per second` : title;
}

/** @param {MetricRow} metric */
function unitOf({ name, type }) {
  if (type === 'histogram' || name.endsWith('_seconds')) return 's';
  return name.endsWith('_bytes') ? 'bytes' : 'short';
}

/** @param {MetricRow} metric @returns {[expression: string, legend: string][]} */
function queriesOf({ name, type, labels }) {
  const legend =
    labels.map((label) => `{{${label}}}`).join(' ') || titleOf({ name, type, labels, counts: '' });
  if (type === 'histogram')
    return ['0.5', '0.99'].map((share) => quantileOf(name, labels[0] ?? 'job', share));
  const series = `${name}{${MATCHERS}}`;
  if (type === 'counter') return [[`sum${by(labels)} (rate(${series}[$__rate_interval]))`, legend]];
  return [[`${aggregationOf(name)}${by(labels)} (${series})`, legend]];
}

/** @param {string} name @param {string} label @param {string} share @returns {[string, string]} */
function quantileOf(name, label, share) {
  const rate = `rate(${name}_bucket{${MATCHERS}}[$__rate_interval])`;
  return [
    `histogram_quantile(${share}, sum by (le, ${label}) (${rate}))`,
    `{{${label}}} p${Number(share) * 100}`,
  ];
}

/** One node that is not well, or waits, is what counts. @param {string} name */
function aggregationOf(name) {
  if (/_(?:ready|up)$/.test(name)) return 'min';
  return name.endsWith('_seconds') ? 'max' : 'sum';
}

/** @param {string[]} labels */
function by(labels) {
  return labels.length > 0 ? ` by (${labels.join(', ')})` : '';
}
