import { jest } from '@jest/globals';
import { RevocationList } from './revocation-list.js';
import { type Revocation, revocationIn, revocationText } from './revocation.js';

const NOW_MS = 1_000_000;
const token = (tokenId: string, untilMs: number): Revocation => ({ tokenId, untilMs });
const identity = (name: string, issuedUntilMs: number, untilMs: number): Revocation => ({
  identity: name,
  issuedUntilMs,
  untilMs,
});

describe('a list of revocations', () => {
  let list: RevocationList;

  beforeEach(() => {
    jest.useFakeTimers({ now: NOW_MS });
    list = new RevocationList();
  });
  afterEach(() => jest.useRealTimers());

  it('revokes until the end of each', () => {
    list.add(token('t', NOW_MS + 10));
    list.add(identity('"a"', 500, NOW_MS + 20));
    const revoked = (): boolean[] => [
      list.revokes({ tokenId: 't', provedAtMs: NOW_MS }),
      list.revokes({ identity: '"a"', provedAtMs: 500 }),
      list.revokes({ identity: '"a"', provedAtMs: 501 }),
      list.revokes({ identity: '"b"', tokenId: 'u', provedAtMs: 0 }),
    ];
    expect(revoked()).toEqual([true, true, false, false]);
    jest.setSystemTime(NOW_MS + 10);
    expect(revoked()).toEqual([false, true, false, false]);
    jest.setSystemTime(NOW_MS + 20);
    expect(revoked()).toEqual([false, false, false, false]);
    expect(list.size).toBe(2);
    list.purge();
    expect(list.size).toBe(0);
  });

  it('has what says more of the same', () => {
    for (const [issued, until] of [
      [500, NOW_MS + 10],
      [400, NOW_MS + 30],
      [450, NOW_MS + 20],
    ] as const)
      list.add(identity('"a"', issued, until));
    list.add(token('t', NOW_MS + 20));
    list.add(token('t', NOW_MS + 10));
    expect([...list.all()]).toEqual([token('t', NOW_MS + 20), identity('"a"', 500, NOW_MS + 30)]);
    expect(list.covers(identity('"a"', 500, NOW_MS + 30))).toBe(true);
    expect(list.covers(identity('"a"', 501, NOW_MS + 30))).toBe(false);
    expect(list.covers(identity('"a"', 500, NOW_MS + 31))).toBe(false);
    expect(list.covers(token('t', NOW_MS + 20))).toBe(true);
    expect(list.covers(token('t', NOW_MS + 21))).toBe(false);
  });

  it('is told page by page, each once, as texts that are read as they were', () => {
    const all = Array.from({ length: 25 }, (_, i) => token(`t${i}`, NOW_MS + i));
    for (const one of all) list.add(one);
    const texts: string[] = [];
    for (;;) {
      const page = list.page(texts.at(-1) ?? '', 10);
      texts.push(...page);
      if (page.length < 10) break;
    }
    expect(new Set(texts)).toEqual(new Set(all.map(revocationText)));
    expect(texts).toHaveLength(25);
    const some = identity('"a"', 1, 2);
    expect([revocationIn(texts[0]), revocationIn(revocationText(some))]).toEqual([all[0], some]);
  });

  it.each([
    1,
    '{',
    '{}',
    '["token"]',
    '["token",1,2]',
    '["token","t"]',
    '["identity","i",1]',
    '["x","y",1,2]',
  ])('takes %j for none', (text) => expect(revocationIn(text)).toBeUndefined());
});
