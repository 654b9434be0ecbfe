import { jest } from '@jest/globals';
import { KeptBytes } from '../connection/kept-bytes.js';
import { Publication } from '../protocol/publication.js';
import { Throttle } from './throttle.js';

const publication = (data: number): Publication => Publication.parse(`{"subscription":"a.b","data":${data}}`);

describe('throttling', () => {
  let late: string[];
  let replaced: number;
  let forgotten: number;
  let throttle: Throttle;
  const throttleFor = (maxKeys: number): Throttle =>
    new Throttle(
      { kept: new KeptBytes(1000), maxKeys },
      { deliver: ({ data }) => late.push(data), replaced: () => replaced++, forgotten: () => forgotten++ },
    );
  const pass = (data: number, periodMs = 400, key = 'k'): boolean =>
    throttle.admits(publication(data), periodMs, key);

  beforeEach(() => {
    jest.useFakeTimers();
    late = [];
    replaced = 0;
    forgotten = 0;
    throttle = throttleFor(10);
  });

  afterEach(() => {
    throttle.stop();
    jest.useRealTimers();
  });

  it('lets the first pass at once and the last of a period at its end', () => {
    expect([pass(1), pass(2), pass(3)]).toEqual([true, false, false]);
    jest.advanceTimersByTime(399);
    expect(late).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(late).toEqual(['3']);
    jest.advanceTimersByTime(1000);
    expect(late).toEqual(['3']);
    expect(replaced).toBe(1);
  });

  it('counts a delayed delivery as a delivery', () => {
    pass(1);
    pass(2);
    jest.advanceTimersByTime(400);
    expect(pass(3)).toBe(false);
    jest.advanceTimersByTime(400);
    expect(late).toEqual(['2', '3']);
  });

  it('holds back nothing after a quiet period', () => {
    pass(1);
    jest.advanceTimersByTime(400);
    expect(pass(2)).toBe(true);
  });

  it('is kept for each key', () => {
    expect([pass(1, 400, 'a'), pass(2, 400, 'b'), pass(3, 400, 'a')]).toEqual([true, true, false]);
  });

  it('goes by the period of each publication', () => {
    pass(1, 400);
    expect(pass(2, 1000)).toBe(false);
    jest.advanceTimersByTime(500);
    expect(late).toEqual([]);
    expect(pass(3, 400)).toBe(true);
    jest.advanceTimersByTime(1000);
    expect(late).toEqual([]);
  });

  it.each([0, -5])('never holds back a period of %d, which replaces what waits', (periodMs) => {
    pass(1);
    pass(2);
    expect(pass(3, periodMs)).toBe(true);
    jest.advanceTimersByTime(1000);
    expect(late).toEqual([]);
  });

  it('counts a delivery that was made another way', () => {
    throttle.delivered('k');
    expect(pass(1)).toBe(false);
  });

  it('forgets what waits when it stops, and keeps no timer', () => {
    pass(1);
    pass(2);
    throttle.stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('forgets the key of the longest ago when there are too many, and delivers at once what waits for it', () => {
    throttle = throttleFor(2);
    expect([pass(1, 400, 'a'), pass(2, 400, 'a'), pass(3, 400, 'b')]).toEqual([true, false, true]);
    expect(late).toEqual([]);
    expect(pass(4, 400, 'c')).toBe(true);
    expect([late, forgotten, jest.getTimerCount()]).toEqual([['2'], 1, 0]);
    expect([pass(5, 400, 'b'), pass(6, 400, 'a')]).toEqual([false, true]);
  });

  it('waits at most as long as a timer can', () => {
    pass(1);
    expect(pass(2, Infinity)).toBe(false);
    jest.advanceTimersByTime(2 ** 31 - 2);
    expect(late).toEqual([]);
  });
});
