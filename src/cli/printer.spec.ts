import { stripVTControlCharacters as plain } from 'node:util';
import { Printer } from './printer.js';

interface Terminal {
  readonly columns: number;
  readonly hasColours?: boolean;
}

/** The print of a value. */
function printed(
  value: unknown,
  { json = false, terminal }: { json?: boolean; terminal?: Terminal } = {},
): string {
  let text = '';
  const output = {
    write: (data: string | Uint8Array) => (text += Buffer.from(data).toString()),
    isTTY: terminal !== undefined,
    columns: terminal?.columns ?? 0,
    hasColors: () => terminal?.hasColours ?? false,
  };
  new Printer(json, output).value(value);
  return text;
}

const BIG = 123456789012345678901n;

describe('a result', () => {
  it.each<[unknown, string]>([
    ['text', 'text\n'],
    ['with a line end\n', 'with a line end\n'],
    [{ a: [1, null] }, '{"a":[1,null]}\n'],
    [BIG, `${BIG}\n`],
    [null, 'null\n'],
    [Buffer.from([0, 255]), '{"__base64__":"AP8="}\n'],
  ])('is printed for people: %p', (value, text) => {
    expect(printed(value)).toBe(text);
  });

  it.each<[unknown, string]>([
    ['text\n', '"text\\n"\n'],
    [{ a: BIG, _format: '%(a)s' }, `{"a":${BIG},"_format":"%(a)s"}\n`],
  ])('is printed for programs as one line of JSON: %p', (value, text) => {
    expect(printed(value, { json: true })).toBe(text);
    expect(printed(value, { json: true, terminal: { columns: 5, hasColours: true } })).toBe(text);
  });

  it('is broken into lines on a terminal where it does not fit', () => {
    const value = { name: 'x', list: [1] };
    expect(printed(value, { terminal: { columns: 23 } })).toBe('{"name":"x","list":[1]}\n');
    expect(printed(value, { terminal: { columns: 22 } })).toBe(`${JSON.stringify(value, undefined, 2)}\n`);
  });

  it('loses nothing on a terminal', () => {
    const value = {
      list: Array.from({ length: 500 }, (_, index) => index),
      text: 'x'.repeat(20_000),
      big: 1,
    };
    const shown = printed(value, { terminal: { columns: 80, hasColours: true } });
    expect(JSON.parse(plain(shown))).toEqual(value);
  });

  it('has colours only where the terminal has', () => {
    const value = { a: ['b: "c"', 1.5, true] };
    expect(printed(value, { terminal: { columns: 80 } })).not.toContain('\x1b');
    expect(printed(value, { terminal: { columns: 80, hasColours: true } })).toBe(
      '{\x1b[36m"a"\x1b[39m:[\x1b[32m"b: \\"c\\""\x1b[39m,\x1b[33m1.5\x1b[39m,\x1b[33mtrue\x1b[39m]}\n',
    );
  });
});

describe('a result that says how it is shown', () => {
  const members = { purr: 'purrr', n: 3, ms: 1.25, o: { a: 1 }, tricky: '%% %(n)s $&' };

  it.each([
    ['%(purr)s', 'purrr'],
    ['%(n)d of %(o)s', '3 of {"a":1}'],
    ['100%% %(n)s', '100% 3'],
    ['%(ms).1f|%(ms)f|%(n)4d|%(purr)-7s|', '1.3|1.250000|   3|purrr  |'],
    ['%(tricky)s', '%% %(n)s $&'],
    ['%(missing)s %(constructor)s %d', '%(missing)s %(constructor)s %d'],
  ])('%j', (_format, text) => {
    expect(printed({ ...members, _format })).toBe(`${text}\n`);
  });
});
