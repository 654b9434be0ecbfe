import { jest } from '@jest/globals';
import { ClientError } from '../../../protocol/errors.js';
import type { JsonText } from '../../../protocol/json/json.js';
import type { CallEnd, CallPart } from '../record/call-record.js';
import { after, CallStory } from '../record/call-story.js';
import { CallCursor } from './call-cursor.js';
import type { CallFollower } from './call-follower.js';

const FINISHED: CallEnd = { how: 'finished', hasLast: false };

function partOf(first: number, texts: readonly string[], end?: CallEnd): CallPart {
  return { kind: 'part', generation: 0, first, results: texts as readonly JsonText[], end };
}

/** A call that a node follows, with nothing at hand: all is read from what is kept. */
class FakeFollower {
  readonly story = new CallStory();
  readonly kept: CallPart[] = [];
  reads = 0;
  isAway = false;
  cursor: CallCursor | undefined;

  comes(part: CallPart): void {
    this.kept.push(part);
    this.story.take(part);
    this.cursor?.changed();
  }

  recentAfter(): undefined {
    return undefined;
  }

  async allAfter(number: number): Promise<CallPart[]> {
    this.reads++;
    if (this.isAway) throw new ClientError('service_unavailable', 'Service unavailable.');
    return this.kept.flatMap((part) => after(part, number) ?? []);
  }

  watch(at = 0): CallCursor {
    this.cursor = new CallCursor(this as unknown as CallFollower, at, () => undefined);
    return this.cursor;
  }
}

describe('one who watches a call', () => {
  // A watcher hung at the end of a call when that came in the very moment in which it had found nothing new.
  it('hears of what comes while it looks', async () => {
    const follower = new FakeFollower();
    const cursor = follower.watch();
    const next = cursor.next();
    follower.comes(partOf(1, ['1'], FINISHED));
    await expect(next).resolves.toMatchObject({ results: ['1'] });
    await expect(cursor.next()).resolves.toBeUndefined();
  });

  it('waits while the broker cannot be reached, and then has all', async () => {
    jest.useFakeTimers();
    try {
      const follower = new FakeFollower();
      follower.comes(partOf(1, ['1'], FINISHED));
      follower.isAway = true;
      const next = follower.watch().next();
      await jest.advanceTimersByTimeAsync(5_000);
      expect(follower.reads).toBeGreaterThan(1);
      follower.isAway = false;
      await jest.advanceTimersByTimeAsync(1_000);
      await expect(next).resolves.toMatchObject({ results: ['1'] });
    } finally {
      jest.useRealTimers();
    }
  });

  it('keeps no timer when it is given up meanwhile', async () => {
    jest.useFakeTimers();
    try {
      const follower = new FakeFollower();
      follower.comes(partOf(1, ['1']));
      follower.isAway = true;
      const cursor = follower.watch();
      const next = cursor.next();
      await jest.advanceTimersByTimeAsync(0);
      expect(jest.getTimerCount()).toBe(1);
      cursor.return();
      await expect(next).resolves.toBeUndefined();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  // One who does not read kept the whole rest of each call that he had asked for.
  it('has only some of what was missed at hand, and gets all of it', async () => {
    const follower = new FakeFollower();
    const text = 'x'.repeat(30_000);
    for (let n = 1; n <= 10; n++) follower.comes(partOf(n, [text], n === 10 ? FINISHED : undefined));
    const cursor = follower.watch();
    const firsts: number[] = [];
    for (let part = await cursor.next(); part; part = await cursor.next()) firsts.push(part.first);
    expect(firsts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(follower.reads).toBe(4); // of three parts at a time
  });
});
