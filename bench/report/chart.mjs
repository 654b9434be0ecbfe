import { textsOf } from './cells.mjs';
import { escape } from './escape.mjs';

const WIDTH = 760;
const LABEL_WIDTH = 120;
const BAR_HEIGHT = 16;
const BAR_GAP = 3;
const ROW_HEAD = 22;
const ROW_GAP = 12;
const FIGURE_WIDTH = 150;

/** A bar chart of a table, as SVG: a group of bars for each row, and a line where a goal is. */
export function barChart(table) {
  let y = 0;
  const parts = table.rows.map((row) => {
    const group = rowOf(row, table, y);
    y += ROW_HEAD + table.columns.length * (BAR_HEIGHT + BAR_GAP) + ROW_GAP;
    return group;
  });
  return (
    `<svg viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${escape(table.title)}">` +
    `${parts.join('')}</svg>`
  );
}

function rowOf(row, table, top) {
  const { columns } = table;
  const values = columns.map(({ name }) => row.cells[name]?.value ?? 0);
  const goalValue = goalOf(row, table);
  const largest = Math.max(...values, goalValue ?? 0) || 1;
  const room = WIDTH - LABEL_WIDTH - FIGURE_WIDTH;
  const barsTop = top + ROW_HEAD;
  const bars = columns.map((column, i) =>
    barOf(column, row.cells[column.name], {
      y: barsTop + i * (BAR_HEIGHT + BAR_GAP),
      width: Math.max(0, (values[i] / largest) * room),
    }),
  );
  const goal = goalValue === undefined ? '' : goalLine((goalValue / largest) * room, barsTop, columns.length);
  const head = [row.label, row.goal && `goal ${textsOf({ ...table, rows: [row] }).rows[0].at(-1)}`];
  const headText = escape(head.filter(Boolean).join(': '));
  return `<text class="case" x="0" y="${top + 14}">${headText}</text>${bars.join('')}${goal}`;
}

function barOf({ name, label }, cell, { y, width }) {
  const text = y + BAR_HEIGHT - 4;
  return (
    `<text class="server" x="${LABEL_WIDTH - 8}" y="${text}">${escape(label)}</text>` +
    `<rect class="bar ${escape(name.replace(/-\d+$/, ''))}" x="${LABEL_WIDTH}" y="${y}" ` +
    `width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>` +
    `<text class="figure" x="${(LABEL_WIDTH + width + 6).toFixed(1)}" y="${text}">${escape(cell?.text ?? '-')}</text>`
  );
}

function goalLine(at, top, bars) {
  const x = (LABEL_WIDTH + at).toFixed(1);
  const bottom = top + bars * (BAR_HEIGHT + BAR_GAP) - BAR_GAP;
  return `<line class="goal" x1="${x}" x2="${x}" y1="${top - 3}" y2="${bottom + 3}"/>`;
}

/** A goal that is a ratio stands at that multiple of the reference. */
function goalOf({ goal, cells }, { reference }) {
  if (goal === undefined) return undefined;
  if (goal.text.endsWith('×')) {
    const base = cells[reference]?.value;
    return base === undefined ? undefined : base * goal.most;
  }
  return goal.most;
}
