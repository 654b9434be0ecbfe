import { machineLine } from './machine-line.mjs';
import { markdownTable, textTable } from './text.mjs';

/** The results for the terminal. */
export function textOf(results) {
  return results.parts
    .map((part) => sectionOf(part, textTable, (title) => title.toUpperCase()))
    .join('\n\n\n');
}

/** The results as a Markdown document, to be kept. */
export function markdownOf(results) {
  const sections = results.parts.map((part) => sectionOf(part, markdownTable, (title) => `## ${title}`));
  return [
    '# Results',
    'Written by `npm run bench -- --results`. [What is measured, and how to read it](README.md).',
    `${machineLine(results)}.`,
    bullets(results.notes),
    ...sections,
  ]
    .filter((text) => text !== '')
    .join('\n\n')
    .concat('\n');
}

function sectionOf({ title, about, tables, notes, failure }, tableText, heading) {
  return [
    heading(title),
    about,
    failure === undefined ? '' : `Failed: ${failure}`,
    ...tables.map(tableText),
    bullets(notes),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

function bullets(notes) {
  return notes.map((note) => `- ${note}`).join('\n');
}
