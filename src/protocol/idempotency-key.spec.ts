import { idempotencyKeyOf } from './idempotency-key.js';
import { Publication } from './publication.js';

const keyOf = (member: string, given?: string): string | undefined =>
  idempotencyKeyOf(Publication.parse(`{"subscription":"a.b","data":"idempotency_key"${member}}`), given);

describe('the idempotency key of a publication', () => {
  it.each([
    ['', undefined, undefined],
    ['', 'k', 'k'],
    [',"idempotency_key":"k"', undefined, 'k'],
    [String.raw`,"idempotency\u005fkey":"k\u0031"`, undefined, 'k1'],
    [',"idempotency_key":"k"', 'k', 'k'],
    [',"idempotency_key":null', undefined, undefined],
    ['', 'x'.repeat(255), 'x'.repeat(255)],
  ])('of %s with %j is %j', (member, given, key) => {
    expect(keyOf(member, given)).toBe(key);
  });

  it.each([
    ['', ''],
    ['', 'x'.repeat(256)],
    ['', '\ud800'],
    [',"idempotency_key":""', undefined],
    [',"idempotency_key":1', undefined],
    [`,"idempotency_key":"${'x'.repeat(256)}"`, undefined],
  ])('may not be %s with %j', (member, given) => {
    expect(() => keyOf(member, given)).toThrow('an idempotency key must be a text of 1 to 255 characters');
  });

  it('may not be two', () => {
    expect(() => keyOf(',"idempotency_key":"a"', 'b')).toThrow('another one than that of the request');
  });
});
