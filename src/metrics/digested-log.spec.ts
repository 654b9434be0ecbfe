import { jest } from '@jest/globals';
import type { Logger } from '@nestjs/common';
import { DigestedLog } from './digested-log.js';

// When the app was away, each of 2,000 clients was a line a renewal, and each refused call of a full queue one more.
describe('warnings that come for every client', () => {
  let lines: string[];
  let log: DigestedLog;

  beforeEach(() => {
    jest.useFakeTimers();
    lines = [];
    const write = (line: unknown): unknown => lines.push(String(line));
    const error = (line: unknown): unknown => lines.push(`error: ${String(line)}`);
    log = new DigestedLog({ warn: write, error } as unknown as Logger);
  });
  afterEach(() => void jest.useRealTimers());

  it('are a line at once, and one a second with the last and how many there were', () => {
    for (let count = 1; count <= 2_000; count++) log.warn('renewal', `no answer for ${count}`);
    expect(lines).toEqual(['no answer for 1']);
    jest.advanceTimersByTime(1_000);
    expect(lines.slice(1)).toEqual(['no answer for 2000 (the last of 1999)']);
    log.warn('renewal', 'again');
    jest.advanceTimersByTime(1_000);
    expect(lines.slice(2)).toEqual(['again']);
  });

  it('of another kind do not wait for them', () => {
    log.warn('renewal', 'one');
    log.warn('admission', 'another');
    expect(lines).toEqual(['one', 'another']);
  });

  it('are told at once again after a second without, and leave no timer', () => {
    log.warn('renewal', 'one');
    jest.advanceTimersByTime(1_000);
    expect(jest.getTimerCount()).toBe(0);
    log.warn('renewal', 'another');
    expect(lines).toEqual(['one', 'another']);
  });

  it('tell of defects as errors, and apart from warnings', () => {
    log.warn('books', 'slow');
    for (let count = 1; count <= 3; count++) log.error('books', `defect ${count}\n at here`);
    jest.advanceTimersByTime(1_000);
    expect(lines).toEqual(['slow', 'error: defect 1\n at here', 'error: defect 3 (the last of 2)\n at here']);
  });
});
