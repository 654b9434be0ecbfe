/** A column of a table: its head, its cells, and whether they are numbers, which stand on the right. */
export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => string;
  readonly isNumber?: boolean;
}

const GAP = '  ';

/** Rows in columns as wide as they need, for a terminal. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map(({ head }) => head), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => cells[index]!.length)));
  const laidOut = lines.map((cells) =>
    cells.map((cell, index) =>
      columns[index]!.isNumber ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!),
    ),
  );
  return laidOut.map((cells) => cells.join(GAP).trimEnd()).join('\n');
}

/** A number as people read it, such as `1.2k`; `-` for what is not known. */
export function short(value: unknown): string {
  if (typeof value !== 'number') return '-';
  const { divisor, unit } = UNITS.find(({ least }) => Math.abs(value) >= least) ?? { divisor: 1, unit: '' };
  const scaled = value / divisor;
  return `${Number.isInteger(scaled) || Math.abs(scaled) >= 100 ? Math.round(scaled) : scaled.toFixed(1)}${unit}`;
}

const UNITS = [
  { least: 1e9, divisor: 1e9, unit: 'G' },
  { least: 1e6, divisor: 1e6, unit: 'M' },
  { least: 1e4, divisor: 1e3, unit: 'k' },
];
