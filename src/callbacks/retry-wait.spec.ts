import { requestedWaitMs } from './retry-wait.js';

describe('the wait that an answer asks for', () => {
  it.each([
    ['2', 2_000],
    ['0.25', 250],
    ['.5', 500],
    ['1.', 1_000],
    ['0', 0],
    ['+1', 1_000],
    ['1e1', 10_000],
    [' 2 ', 2_000],
  ])('is %j seconds', (value, waitMs) => {
    expect(requestedWaitMs({ 'retry-in': value }, ['retry-in'])).toBe(waitMs);
  });

  it.each(['3600.5', '3601', '1e999'])('is at most an hour: %s', (value) => {
    expect(requestedWaitMs({ 'retry-in': value }, ['retry-in'])).toBe(3_600_000);
  });

  it.each([
    '',
    ' ',
    'soon',
    '-1',
    '-0.5',
    'NaN',
    'Infinity',
    '0x10',
    '1,5',
    '1 2',
    'Wed, 21 Oct 2026 07:28:00 GMT',
  ])('is not known from %j', (value) => {
    expect(requestedWaitMs({ 'retry-in': value }, ['retry-in'])).toBeUndefined();
  });

  it('is not known without the header', () => {
    expect(requestedWaitMs({ 'retry-after': '1' }, ['retry-in'])).toBeUndefined();
    expect(requestedWaitMs({ 'retry-after': '1' }, [])).toBeUndefined();
  });

  it('is taken from the first header that is present, whatever the case of its name', () => {
    expect(requestedWaitMs({ b: '2', c: '3' }, ['A', 'B', 'C'])).toBe(2_000);
  });

  it('is not known when the first header that is present has no number', () => {
    expect(requestedWaitMs({ b: 'soon', c: '3' }, ['a', 'b', 'c'])).toBeUndefined();
    expect(requestedWaitMs({ b: '', c: '3' }, ['a', 'b', 'c'])).toBeUndefined();
  });

  it('is the first of a header that is repeated', () => {
    expect(requestedWaitMs({ a: ['1', '2'] }, ['a'])).toBe(1_000);
  });
});
