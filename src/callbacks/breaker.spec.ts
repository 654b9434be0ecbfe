import { jest } from '@jest/globals';
import { BreakerSettings } from '../config/sections/breaker.settings.js';
import { CallbackError } from '../protocol/errors.js';
import { Breaker, type TryVerdict } from './breaker.js';

/** A breaker, and what it has told. */
class World {
  readonly told: string[] = [];
  readonly breaker: Breaker;

  constructor(settings: Partial<BreakerSettings>) {
    const all = { ...new BreakerSettings(), failures: 3, windowMs: 10_000, pauseMs: 5_000, ...settings };
    this.breaker = new Breaker('books', all, {
      opened: () => this.told.push('opened'),
      closed: () => this.told.push('closed'),
      refused: () => this.told.push('refused'),
    });
  }

  /** Makes tries of which each says this. */
  async try(...verdicts: TryVerdict[]): Promise<void> {
    for (const verdict of verdicts) await this.one(Promise.resolve(verdict));
  }

  one(verdict: Promise<TryVerdict>, isOwed = false): Promise<TryVerdict> {
    const judge = { result: (of: TryVerdict) => of, error: () => undefined };
    return this.breaker.pass(isOwed, () => verdict, judge);
  }
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const pass = (ms: number): unknown => jest.advanceTimersByTime(ms);

describe('a breaker', () => {
  it('opens after so many failures in a row, and no sooner', async () => {
    const world = new World({});
    await world.try('failed', 'failed', 'answered', 'failed', undefined, 'failed');
    expect(world.told).toEqual([]);
    await world.try('failed');
    expect(world.told).toEqual(['opened']);
    await expect(world.try('answered')).rejects.toMatchObject({ isPaused: true, retryAfterMs: 5_000 });
    await expect(world.try('answered')).rejects.toBeInstanceOf(CallbackError);
    expect(world.told).toEqual(['opened', 'refused', 'refused']);
  });

  it('lets one through after the pause, and no other until that is decided', async () => {
    const world = new World({});
    await world.try('failed', 'failed', 'failed');
    pass(4_999);
    await expect(world.try('answered')).rejects.toThrow('books is not asked for a while');
    pass(1);
    let decide!: (verdict: TryVerdict) => void;
    const probe = world.one(new Promise((resolve) => (decide = resolve)));
    await expect(world.try('answered')).rejects.toThrow('books is not asked');
    decide('failed');
    await probe;
    await expect(world.try('answered')).rejects.toMatchObject({ retryAfterMs: 5_000 });
    pass(5_000);
    await world.try(undefined); // called off: the next one is the probe
    await world.try('answered', 'failed', 'failed');
    expect(world.told.filter((one) => one !== 'refused')).toEqual(['opened', 'closed']);
  });

  it('lets through what the app must hear, and closes when it is heard', async () => {
    const world = new World({});
    await world.try('failed', 'failed', 'failed');
    await world.one(Promise.resolve('failed'), true);
    expect(world.breaker.isOpen).toBe(true);
    await world.one(Promise.resolve('answered'), true);
    await world.try('answered');
    expect(world.told).toEqual(['opened', 'closed']);
  });

  it('opens at a share of the tries of late', async () => {
    const world = new World({ percent: 50 });
    await world.try('answered', 'answered', 'answered', 'failed', 'failed', 'failed');
    expect(world.told).toEqual(['opened']);
  });

  it('forgets what is older than its window', async () => {
    const world = new World({ percent: 50 });
    await world.try('failed', 'failed');
    pass(10_000);
    await world.try('answered', 'failed');
    pass(5_000);
    await world.try('failed');
    expect(world.told).toEqual([]);
    await world.try('failed');
    expect(world.told).toEqual(['opened']);
  });
});
