import { jest } from '@jest/globals';
import type { Worker } from 'node:cluster';
import { WorkerWatch } from './worker-watch.js';

const worker = {} as Worker;

describe('a watch over worker processes', () => {
  let silent: Worker[];
  let watch: WorkerWatch;

  beforeEach(() => {
    jest.useFakeTimers();
    silent = [];
    watch = new WorkerWatch(5_000, (one) => {
      silent.push(one);
      watch.remove(one);
    });
    watch.add(worker);
  });
  afterEach(() => void jest.useRealTimers());

  function hearFor(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      watch.heard(worker);
      jest.advanceTimersByTime(1_000);
    }
  }

  it('finds one that has given no sign of life for too long', () => {
    hearFor(120);
    expect(silent).toEqual([]);
    jest.advanceTimersByTime(4_000);
    expect(silent).toEqual([]);
    jest.advanceTimersByTime(2_000);
    expect(silent).toEqual([worker]);
  });

  it('gives one that still loads a minute', () => {
    jest.advanceTimersByTime(59_000);
    expect(silent).toEqual([]);
    jest.advanceTimersByTime(3_000);
    expect(silent).toEqual([worker]);
  });

  it('blames nobody for the time in which it was stopped itself', () => {
    hearFor(3);
    const now = performance.now();
    jest.spyOn(performance, 'now').mockImplementation(() => now + 60_000);
    jest.advanceTimersToNextTimer();
    jest.restoreAllMocks();
    expect(silent).toEqual([]);
  });

  it('ends nobody when it is switched off', () => {
    const off = new WorkerWatch(0, (one) => silent.push(one));
    off.add(worker);
    watch.remove(worker);
    jest.advanceTimersByTime(600_000);
    expect(silent).toEqual([]);
  });
});
