const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
/** Characters that do not stand for themselves in a literal, or end a line. */
const UNSAFE = /[\\'`$\p{Cc}\u2028\u2029\p{Cs}]/gu;
const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof var void while with yield'
  ).split(' '),
);

/** A text as a literal, whatever is in it. */
export function textLiteral(text: string): string {
  return `'${escaped(text)}'`;
}

/** The type of the texts that have something of their own between these. */
export function around(texts: readonly string[]): string {
  return `\`${texts.map(escaped).join('${string}')}\``;
}

/** The name of a member of an interface. */
export function memberName(name: string): string {
  return IDENTIFIER.test(name) && !RESERVED.has(name) ? name : textLiteral(name);
}

/** The name of a parameter, which plays no part for who calls. @param position counts from 1. */
export function parameterName(name: string, position: number): string {
  return IDENTIFIER.test(name) && !RESERVED.has(name) ? name : `_${position}`;
}

/** The first line of a text, fit for a comment. */
export function commentText(text: string): string {
  const [line = ''] = text.trim().split(/[\p{Cc}\u2028\u2029]/u);
  return line.replaceAll('*/', '*\\/');
}

function escaped(text: string): string {
  return text.replaceAll(UNSAFE, (found) => (/[\\'`$]/.test(found) ? `\\${found}` : codeOf(found)));
}

function codeOf(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
