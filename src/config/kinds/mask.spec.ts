import { maskUrl, shown } from './mask.js';

describe('masking of URLs', () => {
  it.each([
    ['https://api.example.com/a?b=c', 'https://api.example.com/a?b=c'],
    ['https://aladdin:sesame@api.example.com/a', 'https://aladdin:***@api.example.com/a'],
    ['redis://:sesame@127.0.0.1:6379/1', 'redis://:***@127.0.0.1:6379/1'],
    ['https://sk_live_1@api.example.com', 'https://***@api.example.com'],
    ['https://sk_live_1:@api.example.com', 'https://***:@api.example.com'],
    ['http+unix://u:sesame@%2Frun%2Fapi.sock/a', 'http+unix://u:***@%2Frun%2Fapi.sock/a'],
    ['unix://u:sesame@/run/redis.sock', 'unix://u:***@/run/redis.sock'],
    ['https://api.example.com/users/a@b', 'https://api.example.com/users/a@b'],
    ['redis://h/1?password=sesame&db=2', 'redis://h/1?password=***&db=2'],
    ['https://h/a?x=1&api_key=sesame&access_token=open', 'https://h/a?x=1&api_key=***&access_token=***'],
    ['plain text, a@b', 'plain text, a@b'],
  ])('turns %s into %s', (text, expected) => {
    expect(maskUrl(text)).toBe(expected);
  });

  it('masks too much of what is no URL, rather than too little', () => {
    expect(maskUrl('redis://:ses/a@me@127.0.0.1')).toBe('redis://:***@127.0.0.1');
    expect(maskUrl('//aladdin:sesame@127.0.0.1')).toBe('//aladdin:***@127.0.0.1');
  });
});

describe('showing what was found', () => {
  it.each([
    ['text', '"text"'],
    ['', '""'],
    ['a"b\n', '"a\\"b\\n"'],
    [15, '15'],
    [NaN, 'NaN'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'undefined'],
    [['a'], 'a list'],
    [[], 'an empty list'],
    [{}, 'an empty map'],
    [{ a: 'sesame' }, 'a map'],
    [() => 'sesame', 'a function'],
    [Symbol('sesame'), 'a symbol'],
    ['redis://:sesame@h', '"redis://:***@h"'],
    ['-----BEGIN PRIVATE KEY-----\nsesame', '***'],
  ])('shows %p as %s', (value, expected) => {
    expect(shown(value)).toBe(expected);
  });

  it('shows the beginning of a long text', () => {
    expect(shown('x'.repeat(5000))).toBe(`"${'x'.repeat(100)}…"`);
  });

  it('shows nothing of a secret, only that a list is one', () => {
    expect(shown('sesame', true)).toBe('***');
    expect(shown(123, true)).toBe('***');
    expect(shown(['sesame'], true)).toBe('a list');
  });
});
