import { canonicalJson, isSameJson } from './canonical-json.js';
import type { JsonText } from './json.js';

describe('JSON values', () => {
  it.each([
    ['1', '1.0'],
    ['1', '10e-1'],
    ['100', '1e2'],
    ['-0', '0'],
    ['0.0', '0e9'],
    ['1e400', '10e399'],
    ['12345678901234567890', '1234567890123456789e1'],
    ['"A"', '"\\u0041"'],
    ['{"a":1,"b":[1.0]}', '{"b":[1],"a":1}'],
    ['{"a":1}', '{ "a" : 0, "a" : 1 }'],
    ['null', 'null'],
  ])('%s and %s are equal', (a, b) => {
    expect(isSameJson(a as JsonText, b as JsonText)).toBe(true);
  });

  it.each([
    ['1', '"1"'],
    ['true', '1'],
    ['false', '0'],
    ['false', 'null'],
    ['""', 'null'],
    ['9007199254740993', '9007199254740992'],
    ['1e400', '1e401'],
    ['0.1', '0.10000000000000001'],
    ['-1', '1'],
    ['[1,2]', '[2,1]'],
    ['{"a":1}', '{"a":1,"b":null}'],
    ['[]', '{}'],
  ])('%s and %s differ', (a, b) => {
    expect(isSameJson(a as JsonText, b as JsonText)).toBe(false);
  });

  it('has one spelling for small whole numbers: their own', () => {
    expect(['7', '7.0', '70e-1', '0.7e1'].map((text) => canonicalJson(text as JsonText))).toEqual([
      '7',
      '7',
      '7',
      '7',
    ]);
  });
});

describe('what would take long', () => {
  const big = 1_000_000;

  it.each([
    ['a run of zeros', `1${'0'.repeat(big)}1`],
    ['a long exponent', `1e${'9'.repeat(big)}`],
    ['a long text in deep nesting', `${'['.repeat(500)}${'1,'.repeat(big / 2)}1${']'.repeat(500)}`],
    ['a long text in deep objects', `${'{"a":'.repeat(500)}"${'x'.repeat(big)}"${'}'.repeat(500)}`],
  ])('does not: %s', (_, text) => {
    // With work that is not in proportion to the length, this would not come back for minutes.
    expect(isSameJson(text as JsonText, ` ${text}` as JsonText)).toBe(true);
  });
});
