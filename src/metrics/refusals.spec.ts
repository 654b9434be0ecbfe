import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Metrics } from './metrics.js';
import { type RefusalMade, Refusals } from './refusals.js';

const MINUTE_MS = 60_000;

function refusal(kind: string, why = 'it is a test'): RefusalMade {
  return { kind, what: 'a handshake', why, by: 'the gateway' };
}

describe('refusals at info', () => {
  let told: string[];
  let refusals: Refusals;

  beforeEach(() => {
    jest.useFakeTimers();
    told = [];
    jest.spyOn(Logger.prototype, 'log').mockImplementation((line: string) => void told.push(line));
    jest.spyOn(Logger.prototype, 'debug').mockImplementation(() => undefined);
    refusals = new Refusals({ refused: { made: () => undefined } } as unknown as Metrics);
  });
  afterEach(() => {
    refusals.onApplicationShutdown();
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  function refuse(count: number, made: RefusalMade): void {
    for (let i = 0; i < count; i++) refusals.add({ peer: '192.0.2.1' }, made);
  }

  /** @returns what was told since the last time. */
  function afterMs(ms: number): string[] {
    jest.advanceTimersByTime(ms);
    return told.splice(0);
  }

  it('are told of a kind at once, and then once a minute with their count and the last of them', () => {
    refuse(1, refusal('a'));
    expect(afterMs(0)).toEqual([
      expect.stringMatching(/^1 refused .+: a; the last: a handshake, by the gateway/),
    ]);
    refuse(99, refusal('a'));
    refuse(1, refusal('a', 'it is the last'));
    expect(afterMs(MINUTE_MS - 1)).toEqual([]);
    expect(afterMs(1)).toEqual([expect.stringMatching(/^100 refused .+: a; .+: it is the last$/)]);
  });

  it('are told of each kind by itself', () => {
    refuse(3, refusal('a'));
    refuse(2, refusal('b'));
    expect(afterMs(0)).toEqual([
      expect.stringMatching(/^1 refused .+: a;/),
      expect.stringMatching(/^1 refused .+: b;/),
    ]);
    expect(afterMs(MINUTE_MS)).toEqual([
      expect.stringMatching(/^2 refused .+: a;/),
      expect.stringMatching(/^1 refused .+: b;/),
    ]);
  });

  it('are silent while there are none, and are told at once after a minute without', () => {
    refuse(2, refusal('a'));
    expect(afterMs(MINUTE_MS)).toHaveLength(2);
    expect(afterMs(10 * MINUTE_MS)).toEqual([]);
    refuse(1, refusal('a'));
    expect(afterMs(0)).toEqual([expect.stringMatching(/^1 refused .+: a;/)]);
  });

  it('are told at the end, those that no line has told of yet', () => {
    refuse(5, refusal('a'));
    afterMs(0);
    refusals.onApplicationShutdown();
    expect(told).toEqual([expect.stringMatching(/^4 refused .+: a;/)]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
