import { median } from './statistics.mjs';
import { REFERENCE } from './targets.mjs';

/**
 * The tables of a run. A figure is the median of its rounds; a ratio is the median of the ratios to the reference
 * in the same round, so it is not exactly the ratio of the two figures.
 */
export function tablesOf({ targets, delivery, memory, plan }) {
  const tables = [];
  const has = (figure) => delivery.some((sample) => sample[figure] !== undefined);
  if (has('deliveriesPerCpuSecond')) {
    tables.push(
      deliveryTable(
        'Deliveries per CPU second of the server (more is better)',
        targets,
        delivery,
        (samples, all) => withRatio(samples, all, (sample) => sample.deliveriesPerCpuSecond, rounded),
      ),
      deliveryTable(
        'CPU seconds of the server per million deliveries (less is better)',
        targets,
        delivery,
        (samples) => seconds(1e6 / medianOf(samples, (sample) => sample.deliveriesPerCpuSecond)),
      ),
    );
  }
  tables.push(
    deliveryTable(
      'Deliveries per second (≥: the load generator was the bottleneck)',
      targets,
      delivery,
      throughput,
    ),
  );
  if (memory.length > 0) tables.push(memoryTable(targets, memory, plan));
  return tables;
}

/** What a short run has to say: how many publications arrived, each exactly once and in order. */
export function countsOf({ targets, delivery }) {
  const row = ({ label, name }) => {
    const samples = delivery.filter((sample) => sample.target === name);
    const sum = (figure) => exact(samples.reduce((total, sample) => total + sample[figure], 0));
    return [label, sum('publications'), sum('deliveries'), String(samples[0].frameBytes)];
  };
  return {
    title: 'Every subscriber got every publication exactly once and in the same order',
    columns: ['server', 'publications', 'deliveries', 'bytes per message'],
    rows: targets.map(row),
  };
}

/** What the figures were taken on, and what the reader must know about them. */
export function notesOf({ machine, plan, targets, delivery, isMemoryUnknown, notes }) {
  const where = [machine.date, `Node ${machine.node}`, `${machine.cores} cores`, machine.cpu, machine.system];
  const all = [where.join(', '), ...notes];
  if (plan.isShort) return all;
  const sizes = targets.map(({ name, label }) => {
    return `${label} ${delivery.find((sample) => sample.target === name)?.frameBytes}`;
  });
  all.push(`Bytes per message: ${sizes.join(', ')}`);
  if (delivery.some((sample) => sample.deliveriesPerCpuSecond === undefined)) {
    all.push('CPU time of the server is not measured here: that needs /proc, as Linux has it');
  }
  if (isMemoryUnknown)
    all.push('Memory of the server is not measured here: that needs /proc, as Linux has it');
  return all;
}

export function renderText({ title, columns, rows }) {
  const widths = columns.map((column, i) =>
    Math.max(...[column, ...rows.map((row) => row[i])].map((text) => text.length)),
  );
  const line = (cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('   ');
  return [title, '', ...[columns, ...rows].map((cells) => `  ${line(cells)}`)].join('\n');
}

export function renderMarkdown({ title, columns, rows }) {
  const rule = columns.map((_, i) => (i === 0 ? '---' : '---:'));
  return [`**${title}**`, '', ...[columns, rule, ...rows].map(markdownLine)].join('\n');
}

function markdownLine(cells) {
  return `| ${cells.join(' | ')} |`;
}

function deliveryTable(title, targets, delivery, cellOf) {
  const rows = [];
  for (const { subscribers, underWay } of kindsOf(delivery)) {
    const all = delivery.filter(
      (sample) => sample.subscribers === subscribers && sample.underWay === underWay,
    );
    const cells = targets.map(({ name }) =>
      cellOf(
        all.filter((sample) => sample.target === name),
        all,
      ),
    );
    rows.push([`${exact(subscribers)}, ${underWay} under way`, ...cells]);
  }
  return { title, columns: ['subscribers', ...targets.map(({ label }) => label)], rows };
}

function memoryTable(targets, memory, plan) {
  const ofTarget = ({ name }) => memory.filter((sample) => sample.target === name);
  const row = (title, figure, format) => [
    title,
    ...targets.map((target) => withRatio(ofTarget(target), memory, figure, format)),
  ];
  const { from, to } = plan.idle;
  return {
    title: `Memory of the server (less is better; ${exact(from)} to ${exact(to)} connections)`,
    columns: ['', ...targets.map(({ label }) => label)],
    rows: [
      row('KiB per idle connection', (sample) => sample.bytesPerConnection, kib),
      row('MiB at the start', (sample) => sample.atStart, mib),
    ],
  };
}

function kindsOf(delivery) {
  const kinds = new Map(
    delivery.map(({ subscribers, underWay }) => [`${subscribers} ${underWay}`, { subscribers, underWay }]),
  );
  return [...kinds.values()];
}

function withRatio(samples, all, figure, format) {
  const text = format(medianOf(samples, figure));
  const reference = all.filter((sample) => sample.target === REFERENCE);
  if (reference.length === 0 || samples[0].target === REFERENCE) return text;
  const ratios = samples.map(
    (sample) => figure(sample) / figure(reference.find(({ round }) => round === sample.round)),
  );
  return `${text} (${median(ratios).toFixed(2)}×)`;
}

function throughput(samples) {
  const text = rounded(medianOf(samples, (sample) => sample.deliveriesPerSecond));
  return samples.some((sample) => sample.isLoadSaturated) ? `≥ ${text}` : text;
}

function medianOf(samples, figure) {
  return median(samples.map(figure));
}

function exact(number) {
  return number.toLocaleString('en-US');
}

/** Three digits: more would be noise. */
function rounded(number) {
  return exact(Number(number.toPrecision(3)));
}

function seconds(number) {
  return number.toFixed(number < 10 ? 2 : 1);
}

function kib(bytes) {
  return (bytes / 1024).toFixed(1);
}

function mib(bytes) {
  return (bytes / 1024 / 1024).toFixed(0);
}
