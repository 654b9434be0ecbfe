import { detached, endOfScalar, endOfString, type JsonText, skipSpace } from './json.js';

/**
 * One spelling for all JSON texts of equal value, so that values can be compared, and used as keys, by type and
 * value: `1.0` and `1` are equal, `1` and `"1"` are not, the order of members does not matter, integers of any
 * size are exact. Takes time in proportion to the length of the text, however deep it is nested.
 */
export function canonicalJson(text: JsonText): string {
  const first = text[0];
  if (first === '"') return canonicalString(text);
  return new Canonical(text).value();
}

/** The same, to be kept and compared often: flat in memory, and the given text itself if it is canonical already. */
export function keptCanonicalJson(text: JsonText): string {
  const canonical = canonicalJson(text);
  return canonical === text ? text : detached(canonical);
}

/** Whether two JSON texts have equal values, compared as {@link canonicalJson} says. */
export function isSameJson(a: JsonText, b: JsonText): boolean {
  return a === b || canonicalJson(a) === canonicalJson(b);
}

/** Reads a text once, from start to end. Parts are concatenated with +: join() would copy them at each level. */
class Canonical {
  private at = 0;

  constructor(private readonly text: string) {}

  value(): string {
    this.at = skipSpace(this.text, this.at);
    switch (this.text[this.at]) {
      case '{':
        return this.object();
      case '[':
        return this.list();
      case '"':
        return canonicalString(this.take(endOfString(this.text, this.at)));
      default:
        return canonicalScalar(this.take(endOfScalar(this.text, this.at)));
    }
  }

  private object(): string {
    const members = new Map<string, string>();
    for (this.at++; this.isBefore('}');) {
      const name = canonicalString(this.take(endOfString(this.text, this.at)));
      this.at = skipSpace(this.text, this.at) + 1;
      members.set(name, this.value());
    }
    let canonical = '';
    for (const name of [...members.keys()].toSorted())
      canonical += `${canonical && ','}${name}:${members.get(name)}`;
    return `{${canonical}}`;
  }

  private list(): string {
    let canonical = '';
    for (this.at++; this.isBefore(']');) canonical += `${canonical && ','}${this.value()}`;
    return `[${canonical}]`;
  }

  /** Whether another part comes before the end of the object or list; passes the comma, or the end. */
  private isBefore(end: string): boolean {
    this.at = skipSpace(this.text, this.at);
    if (this.text[this.at] === ',') this.at = skipSpace(this.text, this.at + 1);
    if (this.text[this.at] !== end) return true;
    this.at++;
    return false;
  }

  private take(end: number): string {
    const part = this.text.slice(this.at, end);
    this.at = end;
    return part;
  }
}

function canonicalString(text: string): string {
  return text.includes('\\') ? JSON.stringify(JSON.parse(text)) : text;
}

function canonicalScalar(text: string): string {
  return text === 'true' || text === 'false' || text === 'null' ? text : canonicalNumber(text);
}

/** Whole numbers of up to 15 digits are their own canonical form; others become `<digits>e<exponent>`. */
function canonicalNumber(text: string): string {
  if (/^(0|-?[1-9]\d{0,14})$/.test(text)) return text;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  if (digits === '') return '0';
  // An exponent this long is not worth computing: such a number equals its own spelling only.
  if (exponent.length > MAX_EXPONENT_LENGTH) return text;
  const significant = withoutTrailingZeros(digits);
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  if (power >= 0n && power <= 15n && BigInt(significant.length) + power <= 15n) {
    return `${sign}${significant}${'0'.repeat(Number(power))}`;
  }
  return `${sign}${significant}e${power}`;
}

const MAX_EXPONENT_LENGTH = 20;

/** Not a regular expression, which would try anew at every zero. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}
