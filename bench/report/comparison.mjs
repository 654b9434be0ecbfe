import { median } from '../statistics.mjs';
import { threeDigits, times } from './format.mjs';

/**
 * A table that compares servers: a row for each case of the samples, a column for each target. A figure is the median of
 * its rounds; a ratio is the median of the ratios to the reference in the same round, so it is not exactly the ratio of
 * the two figures.
 *
 * `figure` reads the value of a sample, `format` writes it; `reference` is bare ws unless another is named, or none; `goals` gives for a case what Kittiwake must reach:
 * `{ ratio }` or `{ value }`, at most.
 */
export function comparison({ title, samples, targets, figure, goals = {}, ...options }) {
  const { format = threeDigits, isLessBetter = true, isBound = false, head = '' } = options;
  const reference = 'reference' in options ? options.reference : 'ws';
  const known = samples.filter((sample) => figure(sample) !== undefined);
  const cases = [...new Set(known.map((sample) => sample.case))];
  const rows = cases.map((label) => {
    const ofCase = known.filter((sample) => sample.case === label);
    const cells = Object.fromEntries(
      targets.map(({ name }) => [name, cellOf(name, ofCase, { figure, format, reference, isBound })]),
    );
    return { label, cells, ...goalOf(goals[label], cells.kittiwake, format) };
  });
  return { title, head, isLessBetter, reference, columns: columnsOf(targets, known), rows };
}

function columnsOf(targets, samples) {
  return targets
    .filter(({ name }) => samples.some((sample) => sample.target === name))
    .map(({ name, label }) => ({ name, label }));
}

function cellOf(name, samples, { figure, format, reference, isBound }) {
  const own = samples.filter((sample) => sample.target === name);
  if (own.length === 0) return undefined;
  const value = median(own.map(figure));
  const ratio = ratioOf(own, samples, { figure, reference });
  const isAtLeast = isBound && own.some((sample) => sample.isLoadBottleneck);
  const text = `${isAtLeast ? '≥ ' : ''}${format(value)}`;
  return { value, ratio, isAtLeast, text: ratio === undefined ? text : `${text} (${times(ratio)})` };
}

function ratioOf(own, samples, { figure, reference }) {
  const others = samples.filter((sample) => sample.target === reference);
  if (others.length === 0 || own[0].target === reference) return undefined;
  const ratios = own.flatMap((sample) => {
    const other = others.find(({ round }) => round === sample.round);
    return other === undefined ? [] : [figure(sample) / figure(other)];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

function goalOf(goal, cell, format) {
  if (goal === undefined) return {};
  const most = goal.ratio ?? goal.value;
  const reached = goal.ratio === undefined ? cell?.value : cell?.ratio;
  const text = goal.ratio === undefined ? `≤ ${format(most)}` : `≤ ${times(most)}`;
  return { goal: { text, most, reached, isMet: reached === undefined ? undefined : reached <= most } };
}
