import { SharedEnvelopes } from './shared-envelopes.js';

describe('envelopes that are shared', () => {
  let made: string[];
  let shared: SharedEnvelopes<string>;

  beforeEach(() => {
    made = [];
    shared = new SharedEnvelopes();
  });

  function acquire(key: string): string {
    return shared.acquire(key, () => {
      made.push(key);
      return `envelope ${key}`;
    });
  }

  it('are made once for each key that is in use, and again after that', () => {
    for (const key of ['a', 'b', 'a', 'c', 'b']) expect(acquire(key)).toBe(`envelope ${key}`);
    expect(made).toEqual(['a', 'b', 'c']);
    shared.release('a');
    shared.release('b');
    for (const key of ['a', 'b']) acquire(key);
    expect(made).toEqual(['a', 'b', 'c']);
    for (const key of ['a', 'a', 'c']) shared.release(key);
    for (const key of ['b', 'c', 'a']) expect(acquire(key)).toBe(`envelope ${key}`);
    expect(made).toEqual(['a', 'b', 'c', 'c', 'a']);
  });

  it('are found whatever was used before them', () => {
    for (const key of ['a', 'b']) acquire(key);
    shared.release('a');
    for (const key of ['b', 'c']) acquire(key);
    expect(made).toEqual(['a', 'b', 'c']);
    for (const key of ['b', 'b', 'c', 'c']) shared.release(key);
    for (const key of ['b', 'c']) acquire(key);
    expect(made).toEqual(['a', 'b', 'c', 'b', 'c']);
  });
});
