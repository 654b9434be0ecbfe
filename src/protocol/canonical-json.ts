import { elementsOf, membersOf, type JsonText } from './json.js';

/**
 * One spelling for all JSON texts of equal value, so that values can be compared, and used as keys, by type and
 * value: `1.0` and `1` are equal, `1` and `"1"` are not, the order of members does not matter, integers of any
 * size are exact.
 */
export function canonicalJson(text: JsonText): string {
  switch (text[0]) {
    case '"':
      return text.includes('\\') ? JSON.stringify(JSON.parse(text)) : text;
    case '{':
      return canonicalObject(text);
    case '[':
      return `[${elementsOf(text).map(canonicalJson).join(',')}]`;
    case 't':
    case 'f':
    case 'n':
      return text;
    default:
      return canonicalNumber(text);
  }
}

/** Whether two JSON texts have equal values, compared as {@link canonicalJson} says. */
export function isSameJson(a: JsonText, b: JsonText): boolean {
  return a === b || canonicalJson(a) === canonicalJson(b);
}

function canonicalObject(text: JsonText): string {
  const members = [...membersOf(text)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${canonicalJson(value)}`).join(',')}}`;
}

/** Integers that need no exponent and no fraction are their own canonical form; others become `<digits>e<exponent>`. */
function canonicalNumber(text: string): string {
  if (/^(0|-?[1-9]\d{0,14})$/.test(text)) return text;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  if (digits === '') return '0';
  const significant = digits.replace(/0+$/, '');
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  if (power >= 0n && power <= 15n && BigInt(significant.length) + power <= 15n) {
    return `${sign}${significant}${'0'.repeat(Number(power))}`;
  }
  return `${sign}${significant}e${power}`;
}
