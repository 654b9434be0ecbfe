const CODE_BLOCK = /^( *)```(\w*)\n(.*?)^ *```$/gms;

/** The code blocks in a language that a Markdown text has, without the indentation of where they stand. */
export function codeBlocksOf(markdown: string, language: string): string[] {
  return [...markdown.matchAll(CODE_BLOCK)]
    .filter(([, , itsLanguage]) => itsLanguage === language)
    .map(([, indentation = '', , code = '']) => code.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''));
}

/** The targets of the links of a Markdown text, but those to other sites. */
export function linksOf(markdown: string): string[] {
  return [...proseOf(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^https?:/.test(target));
}

/** What the headings of a Markdown text can be linked to by, as on GitHub. */
export function anchorsOf(markdown: string): Set<string> {
  const headings = [...proseOf(markdown).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** What stands in backticks in the prose of a Markdown text and is a single word, of letters, digits, `_` and dots. */
export function wordsOf(markdown: string): string[] {
  return [...proseOf(markdown).matchAll(/`([\w.]+)`/g)].map(([, word = '']) => word);
}

function proseOf(markdown: string): string {
  return markdown.replaceAll(CODE_BLOCK, '');
}
