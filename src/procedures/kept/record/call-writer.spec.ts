import { jest } from '@jest/globals';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { deferred } from '../../../../test/support/wait.js';
import type { JsonText } from '../../../protocol/json/json.js';
import type { CallPart, CallRecord } from './call-record.js';
import { BYTES_PER_WRITE, type CallKeeping, CallTaken, CallWriter } from './call-writer.js';

const text = (value: string): JsonText => `"${value}"` as JsonText;
const END = { how: 'finished', hasLast: false } as const;

/** A writer, and what it has written. */
function writing(more: Partial<CallKeeping> = {}): { writer: CallWriter; parts: CallPart[] } {
  const parts: CallPart[] = [];
  const keep = async (record: CallRecord): Promise<void> => void parts.push(record as CallPart);
  const keeping = {
    gatherMs: 20,
    maxBytes: 10_000,
    maxResultBytes: 100,
    endMs: 60_000,
    keep,
    isTaken: () => false,
    spent: () => undefined,
    failed: () => undefined,
    ...more,
  };
  return { writer: new CallWriter(keeping), parts };
}

const resultsOf = (parts: readonly CallPart[]): string[][] =>
  parts.map(({ results }) => results.map((result) => JSON.parse(result) as string));

describe('a writer of results', () => {
  it('writes the first at once, and those together that come soon after it', async () => {
    const { writer, parts } = writing({ gatherMs: 100 });
    void writer.add(text('a'));
    while (parts.length < 1) await delay(1);
    for (const one of ['b', 'c', 'd']) {
      void writer.add(text(one));
      await delay(5);
    }
    while (parts.length < 2) await delay(1);
    await writer.end(END, text('e'));
    expect(resultsOf(parts)).toEqual([['a'], ['b', 'c', 'd'], ['e']]);
    expect(parts.map(({ first }) => first)).toEqual([1, 2, 5]);
  });

  it('has one write under way, and holds up who gives much more meanwhile', async () => {
    const kept = deferred();
    const written: CallRecord[] = [];
    const keep = (record: CallRecord): Promise<void> => (written.push(record), kept.promise);
    const { writer } = writing({ keep, maxBytes: 1_000_000 });
    void writer.add(text('a'));
    while (written.length < 1) await delay(1);
    const held = writer.add(text('x'.repeat(70_000)));
    expect(held).toBeInstanceOf(Promise);
    await delay(50);
    expect(written).toHaveLength(1);
    kept.resolve();
    await held;
    await writer.end(END);
    expect(written).toHaveLength(2);
  });

  it('writes again what may not have been written, under the same numbers', async () => {
    let tries = 0;
    const parts: CallPart[] = [];
    const keep = async (record: CallRecord): Promise<void> => {
      parts.push(record as CallPart);
      if (++tries === 1) throw new Error('away');
    };
    const { writer } = writing({ keep });
    void writer.add(text('a'));
    await writer.end(END);
    expect(parts.map(({ first }) => first)).toEqual([1, 1, 2]);
  });

  it('refuses more than is kept of a call, whose results before that are written', async () => {
    const { writer, parts } = writing({ maxBytes: 2 * BYTES_PER_WRITE });
    void writer.add(text('a'.repeat(100)));
    expect(() => writer.add(text('b'.repeat(200)))).toThrow('more than is kept');
    await writer.end(END);
    expect(resultsOf(parts)[0]).toEqual(['a'.repeat(100)]);
  });

  it('writes that nothing is new where nothing was for a time', async () => {
    const { writer, parts } = writing();
    writer.touch(0);
    await writer.end(END);
    expect(resultsOf(parts)).toEqual([[], []]);
  });

  it('ceases when another node has the call', async () => {
    let isTaken = false;
    const { writer, parts } = writing({ isTaken: () => isTaken });
    void writer.add(text('a'));
    isTaken = true;
    await expect(writer.end(END)).rejects.toThrow(CallTaken);
    expect(parts).toEqual([]);
    writer.stop();
  });

  // A call that gave nothing for a while ran on for nobody when Redis was away for long, and its last results were lost.
  it('gives up after a while, says so at once, and writes what is left with the end', async () => {
    const clock = fakeClock();
    try {
      const parts: CallPart[] = [];
      const failures: unknown[] = [];
      let isAway = false;
      const keep = async (record: CallRecord): Promise<void> => {
        if (isAway) throw new Error('away');
        parts.push(record as CallPart);
      };
      const { writer } = writing({ keep, failed: (error) => void failures.push(error) });
      void writer.add(text('a'));
      await clock.advance(100);
      isAway = true;
      void writer.add(text('b'));
      void writer.add(text('c'));
      await clock.advance(20_000);
      expect(failures).toEqual([]);
      await clock.advance(20_000);
      expect(failures).toEqual([new Error('away')]);
      expect(() => writer.add(text('d'))).toThrow('away');
      const ended = writer.end(END);
      await clock.advance(20_000);
      isAway = false;
      await clock.advance(2_000);
      await ended;
      expect(resultsOf(parts)).toEqual([['a'], ['b', 'c']]);
      expect(parts.at(-1)).toMatchObject({ first: 2, end: END });
    } finally {
      clock.stop();
    }
  });

  it('tries to write the end as long as the call is kept, unless it is stopped', async () => {
    const clock = fakeClock();
    try {
      const keep = (): Promise<void> => Promise.reject(new Error('away'));
      const [late, stopped] = [writing({ keep, endMs: 60_000 }).writer, writing({ keep }).writer];
      const outcome = (writer: CallWriter): Promise<unknown> =>
        writer.end(END).catch((error: unknown) => (error as Error).message || (error as Error).name);
      const outcomes: unknown[] = [];
      void outcome(late).then((how) => outcomes.push(how));
      void outcome(stopped).then((how) => outcomes.push(how));
      await clock.advance(50_000);
      expect(outcomes).toEqual([]);
      stopped.stop();
      await clock.advance(3_000);
      expect(outcomes).toEqual(['CallTaken']);
      await clock.advance(20_000);
      expect(outcomes).toEqual(['CallTaken', 'away']);
    } finally {
      clock.stop();
    }
  });
});

/** Turns that the event loop takes between the steps of a clock are real. */
function fakeClock(): { advance(ms: number): Promise<void>; stop(): void } {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  return {
    async advance(ms: number): Promise<void> {
      for (let left = ms; left > 0; left -= 50) {
        await jest.advanceTimersByTimeAsync(Math.min(left, 50));
        await nextTurn();
      }
    },
    stop: () => void jest.useRealTimers(),
  };
}
