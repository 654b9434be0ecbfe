const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const RATE = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** What is not known. */
export const UNKNOWN = '–';

export function number(value) {
  return value === undefined ? UNKNOWN : value >= 100_000 ? SHORT.format(value) : NUMBER.format(value);
}

export function rate(value) {
  return value === undefined ? UNKNOWN : value >= 1_000 ? SHORT.format(value) : RATE.format(value);
}

export function percent(share) {
  return share === undefined ? UNKNOWN : `${Math.round(share * 100)} %`;
}

export function bytes(value) {
  if (value === undefined) return UNKNOWN;
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  for (; value >= 1_024 && unit < units.length - 1; unit++) value /= 1_024;
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** A short time, of seconds. */
export function latency(seconds) {
  if (seconds === undefined || seconds === null) return UNKNOWN;
  if (seconds < 0.0995) return `${(seconds * 1_000).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
  return seconds < 1 ? `${Math.round(seconds * 1_000)} ms` : `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
}

const SPANS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
];

/** A long time, of seconds. */
export function span(seconds) {
  const [unit, length] = SPANS.find(([, least]) => seconds >= least) ?? ['s', 1];
  return `${Math.floor(seconds / length)} ${unit}`;
}

export function clock(iso) {
  const time = new Date(iso);
  const two = (value) => String(value).padStart(2, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

export function since(iso) {
  return span(Math.max(0, (Date.now() - Date.parse(iso)) / 1_000));
}

/** The part of a node's name that tells it apart, after that of its machine. */
export function shortNode(node) {
  return node.slice(-8);
}

/** A value as JSON, a text as it is. */
export function shown(value) {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
