import { textsOf } from './cells.mjs';

/** A table for the terminal. */
export function textTable(table) {
  const { columns, rows } = textsOf(table);
  const lines = padded([columns, ...rows]).map((cells) => `  ${cells.join('   ')}`.trimEnd());
  return [table.title, '', ...lines].join('\n');
}

/** A table as the formatter would write it. */
export function markdownTable(table) {
  const { columns, rows } = textsOf(table);
  const lines = padded([columns, ...rows]);
  const rule = lines[0].map((cell, i) =>
    i === 0 ? '-'.repeat(cell.length) : `${'-'.repeat(cell.length - 1)}:`,
  );
  const [head, ...rest] = [lines[0], rule, ...lines.slice(1)].map((cells) => `| ${cells.join(' | ')} |`);
  return [`**${table.title}**`, '', head, ...rest].join('\n');
}

/** All cells of a column equally wide, the first column to the left and the others to the right. */
function padded(lines) {
  const widths = lines[0].map((_, i) => Math.max(3, ...lines.map((cells) => cells[i].length)));
  return lines.map((cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))),
  );
}
