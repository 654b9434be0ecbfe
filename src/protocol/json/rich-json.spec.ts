import { MAX_DIGITS, MAX_JSON_DEPTH } from './bounds.js';
import { JsonError } from './json.js';
import { parseRichJson, richJsonText } from './rich-json.js';

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('reading rich JSON', () => {
  it.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740993', -9007199254740993n],
    ['[123456789012345678901234567890]', [123456789012345678901234567890n]],
    ['0000000000000000e1', undefined],
    ['1234567890123456789.5', Number('1234567890123456789.5')],
    ['12345678901234567890e2', Number('12345678901234567890e2')],
    ['1e400', Infinity],
    ['"1234567890123456789"', '1234567890123456789'],
    ['{"a":1234567890123456789,"a":2}', { a: 2 }],
    [
      '{"a":"1234567890123456789","b":[true,null,-0.5,"\\u00e9\\n"]}',
      { a: '1234567890123456789', b: [true, null, -0.5, 'é\n'] },
    ],
  ])('keeps every digit of integers: %s', (text, value) => {
    if (value === undefined) expect(() => parseRichJson(text)).toThrow(JsonError);
    else expect(parseRichJson(text)).toEqual(value);
  });

  it.each([
    ['{"__base64__":"aGVsbG8="}', Buffer.from('hello')],
    ['{"__bytes__":"hé"}', Buffer.from('hé')],
    ['{"\\u005f_bytes__":"x"}', Buffer.from('x')],
    ['[{"a":{"__base64__":"AAE="}}]', [{ a: Buffer.from([0, 1]) }]],
    [
      '{"__base64__":"aGVsbG8=","n":1234567890123456789}',
      { __base64__: 'aGVsbG8=', n: 1234567890123456789n },
    ],
    ['{"__base64__":""}', { __base64__: '' }],
    ['{"__bytes__":{"__bytes__":"x"}}', { __bytes__: Buffer.from('x') }],
    ['{"__base64__":5}', { __base64__: 5 }],
  ])('takes objects of that one member for bytes: %s', (text, value) => {
    expect(parseRichJson(text)).toEqual(value);
  });

  it('leaves such objects alone where bytes are not wanted', () => {
    expect(parseRichJson('{"__base64__":"aGVsbG8="}', { bytes: false })).toEqual({ __base64__: 'aGVsbG8=' });
  });

  it.each(['', '{', '[1,]', '{"a":1}x', 'NaN', '{"a":12345678901234567890,}', nested(MAX_JSON_DEPTH + 1)])(
    'refuses what is not JSON or nested too deep: %.20s',
    (text) => {
      expect(() => parseRichJson(text)).toThrow(JsonError);
    },
  );

  it.each([
    '{"__proto__":{"polluted":1},"n":1234567890123456789}',
    '{"__proto__":{"polluted":{"__bytes__":"x"}}}',
  ])('makes a member named __proto__ of its own: %s', (text) => {
    const value = parseRichJson(text) as object;
    expect(Object.keys(value)[0]).toBe('__proto__');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
    expect(richJsonText(value)).toContain('{"__proto__":{"polluted":');
  });

  it('reads an integer of a thousand digits, and refuses a longer one before it is made', () => {
    const digits = '7'.repeat(MAX_DIGITS);
    expect(parseRichJson(`[-${digits}]`)).toEqual([-BigInt(digits)]);
    expect(() => parseRichJson(`[${digits}7]`)).toThrow('more than 1000 digits');
  });
});

describe('writing rich JSON', () => {
  it.each([
    [undefined, 'null'],
    [() => 1, 'null'],
    [2n ** 80n, '1208925819614629174706176'],
    [Buffer.from('data'), '{"__base64__":"ZGF0YQ=="}'],
    [{ a: [new Uint8Array([0, 1, 2]).subarray(1)] }, '{"a":[{"__base64__":"AQI="}]}'],
    [[1n, undefined, Symbol('s'), Number.NaN, 'é"', null], '[1,null,null,null,"é\\"",null]'],
    [{ n: 1n, u: undefined, f: () => 1, date: new Date(0) }, '{"n":1,"date":"1970-01-01T00:00:00.000Z"}'],
    [{ n: 1n, map: new Map([[1, 2]]), s: new String('x') }, '{"n":1,"map":{},"s":"x"}'],
    [{ toJSON: () => ({ big: 1n }) }, '{"big":1}'],
    [{ a: 1, b: [true, { c: 'x' }] }, '{"a":1,"b":[true,{"c":"x"}]}'],
  ])('writes %p', (value, text) => {
    expect(richJsonText(value)).toBe(text);
  });

  it('refuses what contains itself', () => {
    const cycle: unknown[] = [];
    cycle.push({ cycle });
    const big = { n: 1n, cycle: {} };
    big.cycle = big;
    expect(() => richJsonText(cycle)).toThrow(JsonError);
    expect(() => richJsonText(big)).toThrow('nested deeper than 512');
  });

  it('reads back what it wrote', () => {
    const value = {
      big: -(10n ** 40n),
      bytes: Buffer.from([0, 255]),
      list: [1.5, 'x', null, false, { a: {} }],
    };
    expect(parseRichJson(richJsonText(value))).toEqual(value);
  });
});
