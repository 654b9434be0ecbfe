import { textsOf } from './cells.mjs';
import { barChart } from './chart.mjs';
import { escape } from './escape.mjs';
import { machineLine } from './machine-line.mjs';

const STYLE = `
:root { color-scheme: light dark; --text: #1c2430; --soft: #5b6675; --line: #d8dee6; --page: #ffffff; --panel: #f6f8fa;
  --kittiwake: #0b6bcb; --ws: #7a8794; --nest: #c2452d; --socketio: #b98900; --limit: #3f8f5f; --good: #1d7a46; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --text: #e6eaf0; --soft: #9aa6b5; --line: #38414d; --page: #14181d; --panel: #1c2229;
  --kittiwake: #58a6ff; --ws: #8b98a6; --nest: #ef7d62; --socketio: #e0b53c; --limit: #63c08a; --good: #63c08a; --bad: #ff8a80; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); padding-bottom: .2rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
p, li { max-width: 50rem; } .machine, .note { color: var(--soft); }
svg { width: 100%; max-width: 760px; background: var(--panel); border-radius: 6px; padding: 12px; box-sizing: border-box; }
svg text { font: 12px system-ui, sans-serif; fill: var(--text); } svg .case { font-weight: 600; }
svg .server { text-anchor: end; fill: var(--soft); } svg .goal { stroke: var(--text); stroke-dasharray: 3 2; }
.bar { fill: var(--ws); } .bar.kittiwake { fill: var(--kittiwake); } .bar.nest { fill: var(--nest); }
.bar.socketio { fill: var(--socketio); } .bar.limit { fill: var(--limit); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .5rem 0; }
th, td { text-align: right; padding: .2rem .7rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; } .met { color: var(--good); } .missed { color: var(--bad); }
`;

/** The results as one page that needs nothing else. */
export function pageOf(results) {
  const parts = results.parts.map(sectionOf).join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Kittiwake: bench</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Kittiwake: bench</h1>
<p class="machine">${escape(machineLine(results))}</p>
${notesOf(results.notes)}
${parts}
</body>
</html>
`;
}

function sectionOf({ title, about, tables, notes, failure }) {
  const content = tables.map(
    (table) => `<h3>${escape(table.title)}</h3>\n${barChart(table)}\n${htmlTable(table)}`,
  );
  const failed = failure === undefined ? '' : `<p class="missed">Failed: ${escape(failure)}</p>`;
  return `<h2>${escape(title)}</h2>\n<p>${escape(about)}</p>\n${failed}${content.join('\n')}\n${notesOf(notes)}`;
}

function htmlTable(table) {
  const { columns, rows } = textsOf(table);
  const line = (cells, tag) => `<tr>${cells.map((cell) => cellOf(cell, tag)).join('')}</tr>`;
  const body = rows.map((cells) => line(cells, 'td')).join('\n');
  return `<div class="scroll"><table>\n<thead>${line(columns, 'th')}</thead>\n<tbody>${body}</tbody>\n</table></div>`;
}

function cellOf(text, tag) {
  const outcome = / (met|missed)$/.exec(text)?.[1];
  return `<${tag}${outcome === undefined ? '' : ` class="${outcome}"`}>${escape(text)}</${tag}>`;
}

function notesOf(notes) {
  if (notes.length === 0) return '';
  return `<ul class="note">${notes.map((note) => `<li>${escape(note)}</li>`).join('')}</ul>`;
}
