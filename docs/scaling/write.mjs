// Writes what docs/scaling.md and the calculator beside it say in figures, from costs.json, plans.mjs and model.mjs.
// `--check` writes nothing, and fails where a file is not what would be written.
import { readFileSync, writeFileSync } from 'node:fs';
import { PLANS } from './plans.mjs';
import { MACHINE, planOf } from './model.mjs';

const here = (name) => new URL(name, import.meta.url);
const read = (name) => readFileSync(here(name), 'utf8');
const costs = JSON.parse(read('costs.json'));
const number = (value) =>
  value.toLocaleString('en', { maximumSignificantDigits: value < 100 ? 2 : value < 1000 ? 3 : 21 });
const percent = (share) => `${Math.round(share * 100)} %`;

function table(head, rows) {
  const lines = [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const COSTS = [
  ['a connection', costs.connection],
  ['a subscription, to a topic that the process has', costs.subscription],
  ['a subscription, to one that it does not have', costs.topic],
  ['a callback of the app', costs.callback],
  ['a ping of a client', costs.ping],
  ['a publication by `POST /publish`, where it is taken', costs.publication],
  ['that publication at each process with a receiver', costs.arrival],
  ['a delivery that is alone in its packet', costs.delivery],
  ['a delivery, when a client gets eight at once', costs.together],
  ['keeping a publication in a history, besides', costs.kept],
  ['a record of a ledger, its beginning and its end', costs.record],
];
const or = (value, write) => (value ? write(value) : '');
const costsTable = () =>
  table(
    ['', 'CPU, µs', 'memory, bytes', 'Redis, µs', 'Redis, bytes'],
    COSTS.map(([what, { cpuMicros, bytes, redisMicros, redisBytes }]) => [
      what,
      or(cpuMicros, number),
      or(bytes, number),
      or(redisMicros, number),
      or(redisBytes, number),
    ]),
  );

const plans = Object.entries(PLANS).map(([name, load]) => [name, planOf(load, costs)]);
const ROWS = [
  ['publications a second', ({ load }) => number(load.publications)],
  ['deliveries a second', ({ load }) => number(load.publications * load.receivers)],
  ['connections that begin, a second', ({ load }) => number(Math.round(load.clients / load.session))],
  ['callbacks of the app, a second', ({ usage }) => number(Math.round(usage.callbacks))],
  ['**processes**, each with a core', ({ processes }) => `**${processes}**`],
  [`**machines** of ${MACHINE.workers} cores, and one more`, ({ machines }) => `**${machines} + 1**`],
  ['clients of a process', ({ load, processes }) => number(Math.round(load.clients / processes))],
  ['its core', ({ usage }) => percent(usage.core)],
  ['its memory, MiB', ({ usage }) => number(Math.round(usage.processMib))],
  ['of its work: connecting', ({ micros }) => shareOf('connecting', micros)],
  ['pings', ({ micros }) => shareOf('pings', micros)],
  ['publications that arrive', ({ micros }) => shareOf('arrivals', micros)],
  ['deliveries', ({ micros }) => shareOf('deliveries', micros)],
  ['**primaries of Redis**', ({ primaries }) => `**${primaries}**`],
  ['the core of each', ({ usage }) => percent(usage.redisCore)],
  ['network of each, Gbit/s', ({ usage }) => number(usage.redisGbit)],
  ['network of a machine, Gbit/s', ({ usage }) => number(usage.outGbit)],
  ['what breaks first', ({ limits }) => limits[0].what],
  ['and then', ({ limits }) => limits[1].what],
];

function shareOf(part, micros) {
  return percent(micros[part] / Object.values(micros).reduce((total, one) => total + one, 0));
}

const plansTable = () =>
  table(
    ['', ...plans.map(([name]) => name)],
    ROWS.map(([what, cell]) => [what, ...plans.map(([, plan]) => cell(plan))]),
  );

/** Puts a text between the marks of its name. */
function between(text, name, part) {
  const [from, to] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [before, rest] = text.split(from);
  const [, after] = rest.split(to);
  return `${before}${from}\n\n${part}\n\n${to}${after}`;
}

/** The page has all in it, since a browser loads no module from a file. */
function calculator() {
  const script = `${read('model.mjs').replaceAll(/^export /gm, '')}\nconst COSTS = ${JSON.stringify(costs)};\n`;
  return read('calculator.template.html').replace('/* model and costs */', () => script);
}

const files = {
  '../scaling.md': between(between(read('../scaling.md'), 'costs', costsTable()), 'plans', plansTable()),
  'calculator.html': calculator(),
};
const isChecked = process.argv.includes('--check');
for (const [name, text] of Object.entries(files)) {
  if (!isChecked) writeFileSync(here(name), text);
  else if (comparable(read(name)) !== comparable(text)) {
    process.stderr.write(`docs/scaling: ${name} is not what npm run docs writes\n`);
    process.exitCode = 1;
  }
}

/** Without what the formatter does to tables. */
function comparable(text) {
  return text.replaceAll(/ {2,}| ?-{2,}:? ?/g, ' ');
}
