import { jest } from '@jest/globals';
import { loadSettings } from '../config/loading/load-settings.js';
import { FailedAuthentications } from './failed-authentications.js';

const ADDRESS = '192.0.2.1';
const MAX_ADDRESSES = 10_000;

function failuresOf(maxFailuresPerAddress: number): FailedAuthentications {
  return new FailedAuthentications(loadSettings({ auth: { maxFailuresPerAddress } }).auth);
}

function isRefused(failures: FailedAuthentications, address: string | undefined): boolean {
  try {
    failures.check(address);
    return false;
  } catch {
    return true;
  }
}

describe('failed authentications', () => {
  beforeEach(() => void jest.useFakeTimers({ now: 0 }));
  afterEach(() => void jest.useRealTimers());

  it('refuse their address at the limit, and are forgiven evenly within a minute', () => {
    const failures = failuresOf(4);
    for (let count = 0; count < 4; count++) {
      expect(isRefused(failures, ADDRESS)).toBe(false);
      failures.add(ADDRESS);
    }
    expect(isRefused(failures, ADDRESS)).toBe(true);
    expect(isRefused(failures, '192.0.2.2')).toBe(false);
    jest.advanceTimersByTime(14_000);
    expect(isRefused(failures, ADDRESS)).toBe(true);
    jest.advanceTimersByTime(1_000);
    expect(isRefused(failures, ADDRESS)).toBe(false);
    failures.add(ADDRESS);
    expect(isRefused(failures, ADDRESS)).toBe(true);
  });

  it('count together where the address is not known', () => {
    const failures = failuresOf(1);
    failures.add(undefined);
    expect(isRefused(failures, undefined)).toBe(true);
  });

  it('have no limit with 0', () => {
    const failures = failuresOf(0);
    for (let count = 0; count < 10; count++) failures.add(ADDRESS);
    expect(isRefused(failures, ADDRESS)).toBe(false);
    expect(failures['byAddress'].size).toBe(0);
  });

  it('are remembered of so many addresses, and forgotten once they are forgiven', () => {
    const failures = failuresOf(1);
    for (let count = 0; count <= MAX_ADDRESSES; count++) failures.add(`address ${count}`);
    expect(failures['byAddress'].size).toBe(MAX_ADDRESSES);
    expect(isRefused(failures, 'address 0')).toBe(false);
    expect(isRefused(failures, 'address 1')).toBe(true);
    jest.advanceTimersByTime(60_000);
    failures.add(ADDRESS);
    expect([...failures['byAddress'].keys()]).toEqual([ADDRESS]);
  });
});
