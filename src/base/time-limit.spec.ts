import { getEventListeners } from 'node:events';
import { rejection } from '../../test/support/http-callers.js';
import { heedingTimeLimit, settlesWithin, withTimeLimit } from './time-limit.js';

const TOO_LATE = new Error('too late');
const REASON = new Error('not needed any more');

function never(): Promise<never> {
  return new Promise(() => {});
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

describe('work with a time limit', () => {
  it('has its result', async () => {
    await expect(
      withTimeLimit(1_000, TOO_LATE, new AbortController().signal, async () => 'result'),
    ).resolves.toBe('result');
  });

  it('fails as it fails', async () => {
    const failure = new Error('failure');
    const work = withTimeLimit(1_000, TOO_LATE, new AbortController().signal, () => Promise.reject(failure));
    expect(await rejection(work)).toBe(failure);
  });

  it('ends in time even if it takes no notice, and is told', async () => {
    let told: AbortSignal | undefined;
    const work = withTimeLimit(20, TOO_LATE, new AbortController().signal, (signal) => {
      told = signal;
      return never();
    });
    expect(await rejection(work)).toBe(TOO_LATE);
    expect(told?.reason).toBe(TOO_LATE);
  });

  it('ends with its signal even if it takes no notice, and is told', async () => {
    const outer = new AbortController();
    let told: AbortSignal | undefined;
    const work = withTimeLimit(60_000, TOO_LATE, outer.signal, (signal) => {
      told = signal;
      return never();
    });
    outer.abort(REASON);
    expect(await rejection(work)).toBe(REASON);
    expect(told?.reason).toBe(REASON);
  });

  it('does not begin when its signal is aborted', async () => {
    let hasBegun = false;
    const work = withTimeLimit(60_000, TOO_LATE, AbortSignal.abort(REASON), async () => {
      hasBegun = true;
    });
    expect(await rejection(work)).toBe(REASON);
    expect(hasBegun).toBe(false);
  });

  it('leaves neither a timer nor a listener', async () => {
    const { signal } = new AbortController();
    const before = timers();
    await withTimeLimit(60_000, TOO_LATE, signal, async () => {});
    await rejection(withTimeLimit(60_000, TOO_LATE, signal, () => Promise.reject(REASON)));
    expect(timers()).toBeLessThanOrEqual(before);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('a promise', () => {
  it('settles within a time, or does not', async () => {
    expect(await settlesWithin(60_000, Promise.resolve())).toBe(true);
    expect(await settlesWithin(60_000, undefined)).toBe(true);
    expect(await settlesWithin(1, never())).toBe(false);
  });

  it('rejects as it does, and leaves no timer', async () => {
    const before = timers();
    expect(await rejection(settlesWithin(60_000, Promise.reject(REASON)))).toBe(REASON);
    expect(timers()).toBe(before);
  });
});

describe('work that heeds its time limit', () => {
  it('is waited for when it is late, and has failed for that', async () => {
    let isClosed = false;
    const work = heedingTimeLimit(20, TOO_LATE, new AbortController().signal, async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await new Promise(setImmediate);
      isClosed = true;
      throw new Error('closed');
    });
    expect(await rejection(work)).toBe(TOO_LATE);
    expect(isClosed).toBe(true);
  });

  it('is told when it is not needed before it begins', async () => {
    const work = heedingTimeLimit(1_000, TOO_LATE, AbortSignal.abort(REASON), async (signal) => {
      signal.throwIfAborted();
    });
    expect(await rejection(work)).toBe(REASON);
  });

  it('may have its result all the same', async () => {
    const outer = new AbortController();
    const work = heedingTimeLimit(1_000, TOO_LATE, outer.signal, async () => {
      outer.abort(REASON);
      return 'opened';
    });
    await expect(work).resolves.toBe('opened');
  });
});
