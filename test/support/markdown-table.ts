/**
 * The first table below a heading of a Markdown text: its rows, each by the names of the columns. What stands in
 * backticks is given without them.
 * @throws when there is no such heading, or no table below it.
 */
export function tableBelow(heading: string, markdown: string): Record<string, string>[] {
  const lines = markdown.split('\n');
  const start = lines.indexOf(heading);
  const first = lines.findIndex((line, index) => index > start && line.startsWith('|'));
  if (start < 0 || first < 0) throw new Error(`there is no table below "${heading}"`);
  const end = lines.findIndex((line, index) => index > first && !line.startsWith('|'));
  const [names = [], , ...rows] = lines.slice(first, end < 0 ? undefined : end).map(cellsOf);
  return rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? ''])));
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1'));
}
