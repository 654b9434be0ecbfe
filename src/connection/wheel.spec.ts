import { jest } from '@jest/globals';
import { monotonicMs } from '../base/monotonic-ms.js';
import { type Swept, Wheel } from './wheel.js';

class FakeItem implements Swept {
  isOpen = true;
  slot = 0;
  readonly sweptAtMs: number[] = [];

  constructor(private readonly periodMs: number) {}

  sweep(nowMs: number): number {
    this.sweptAtMs.push(nowMs);
    return this.periodMs;
  }
}

describe('the wheel', () => {
  let wheel: Wheel;
  let startMs: number;

  beforeEach(() => {
    jest.useFakeTimers();
    startMs = monotonicMs();
    wheel = new Wheel(250);
    wheel.start();
  });

  afterEach(() => {
    wheel.stop();
    jest.useRealTimers();
  });

  it('sweeps no item before its time, nor more than two slots after it', () => {
    const item = new FakeItem(1000);
    wheel.add(item, 1000);
    jest.advanceTimersByTime(10_000);
    let dueMs = startMs + 1000;
    expect(item.sweptAtMs.length).toBeGreaterThan(6);
    for (const atMs of item.sweptAtMs) {
      expect(atMs).toBeGreaterThanOrEqual(dueMs);
      expect(atMs).toBeLessThanOrEqual(dueMs + 500);
      dueMs = atMs + 1000;
    }
  });

  it('forgets items that have closed', () => {
    const item = new FakeItem(500);
    wheel.add(item, 500);
    jest.advanceTimersByTime(2000);
    item.isOpen = false;
    const count = item.sweptAtMs.length;
    jest.advanceTimersByTime(5000);
    expect(item.sweptAtMs).toHaveLength(count);
  });

  it('never sweeps what has no deadline', () => {
    const item = new FakeItem(Infinity);
    wheel.add(item, Infinity);
    jest.advanceTimersByTime(60_000);
    expect(item.sweptAtMs).toEqual([]);
  });

  it('catches up when the event loop was held up', () => {
    const item = new FakeItem(Infinity);
    wheel.add(item, 1000);
    const late = jest.spyOn(performance, 'now').mockImplementation(() => startMs + 60_000);
    jest.advanceTimersToNextTimer();
    late.mockRestore();
    expect(item.sweptAtMs).toHaveLength(1);
  });

  it.each([
    ['back', -3_600_000],
    ['forward', 3_600_000],
  ])('heeds no clock that is set %s', (_, byMs) => {
    const item = new FakeItem(Infinity);
    wheel.add(item, 1_000);
    jest.setSystemTime(Date.now() + byMs);
    jest.advanceTimersByTime(900);
    expect(item.sweptAtMs).toEqual([]);
    jest.advanceTimersByTime(600);
    expect(item.sweptAtMs).toHaveLength(1);
  });

  it('sweeps an item that is added again for an earlier time once, then', () => {
    const item = new FakeItem(Infinity);
    wheel.add(item, 10_000);
    wheel.add(item, 1000);
    wheel.add(item, 5000);
    jest.advanceTimersByTime(1500);
    expect(item.sweptAtMs).toHaveLength(1);
    jest.advanceTimersByTime(20_000);
    expect(item.sweptAtMs).toHaveLength(1);
  });

  it('keeps what has closed for 15 seconds at most', () => {
    const item = new FakeItem(Infinity);
    wheel.add(item, 3_600_000);
    item.isOpen = false;
    jest.advanceTimersByTime(15_500);
    expect(wheel).toMatchObject({ slots: new Map() });
  });

  it('keeps one timer, and none when it has stopped', () => {
    for (let i = 0; i < 100; i++) wheel.add(new FakeItem(1000), 1000);
    expect(jest.getTimerCount()).toBe(1);
    wheel.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});
