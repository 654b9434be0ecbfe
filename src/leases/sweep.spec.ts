import { FakeEstate } from '../../test/support/fake-ledger.js';
import { CallbackError } from '../protocol/errors.js';
import { type End, EndTellers } from './end-tellers.js';
import { Pace } from './pace.js';
import { Sweep } from './sweep.js';

describe('the sweep of an estate', () => {
  let tellers: EndTellers;
  let told: string[];
  let ends: End[];
  let dropped: number;
  let away: Set<string>;
  let failures: number;
  let whys: string[];
  const stopping = new AbortController();

  beforeEach(() => {
    tellers = new EndTellers();
    told = [];
    ends = [];
    dropped = 0;
    away = new Set();
    failures = 0;
    whys = [];
    tellers.add('topic', {
      addresseeOf: (body) => (body === 'nobody' ? undefined : body),
      tell: async (body, end) => {
        if (away.has(body)) {
          failures++;
          throw new CallbackError('away');
        }
        if (body === 'odd') throw new Error('a defect');
        told.push(end.id);
        ends.push(end);
      },
    });
  });

  function sweep(estate: FakeEstate, { signal = stopping.signal, endTimeoutMs = 60_000, rate = 1e6 } = {}) {
    const tellDropped = (count: number, why: string): void => {
      dropped += count;
      whys.push(why);
    };
    const listener = { told: () => undefined, dropped: tellDropped };
    return new Sweep(estate, tellers, { pace: new Pace(rate), endTimeoutMs, listener }).run(signal);
  }

  const estateOf = (records: Record<string, string>) => new FakeEstate(new Map(Object.entries(records)));

  it('tells the latest of each session first, and says that the node was lost', async () => {
    const estate = estateOf({ 'c/2': 'topic a', 'c/10': 'topic a', 'd/9': 'topic a', 'c/9': 'topic a' });
    await sweep(estate);
    expect(told.filter((key) => key.startsWith('c'))).toEqual(['c/10', 'c/9', 'c/2']);
    expect(told).toHaveLength(4);
    expect(ends[0]).toEqual({ id: expect.any(String) as string, reason: 'node_lost' });
    expect(estate).toMatchObject({ end: 'finished', records: new Map() });
  });

  it('gives the reason for which something had ended before', async () => {
    await sweep(estateOf({ 'c/1': 'topic:left a', 'c/2': 'topic:odd a' }));
    expect(ends.map(({ reason }) => reason)).toEqual(['node_lost', 'left']);
  });

  it('tells the others while one cannot be asked, and that one when it can', async () => {
    away.add('shop');
    const estate = estateOf({ 'c/1': 'topic a', 'c/2': 'topic shop', 'd/3': 'topic a', 'e/4': 'topic shop' });
    const swept = sweep(estate);
    await new Promise((resolve) => setTimeout(resolve, 50)); // within the first wait
    expect(told).toEqual(['d/3']);
    away.clear();
    await swept;
    expect(told.slice(1).toSorted()).toEqual(['c/1', 'c/2', 'e/4']);
    expect(told.indexOf('c/2')).toBeLessThan(told.indexOf('c/1'));
  });

  it('leaves one in peace that cannot be asked, until the next round', async () => {
    away.add('shop');
    const records = Array.from({ length: 200 }, (_, n) => [`c${n}/1`, 'topic shop']);
    const estate = estateOf(Object.fromEntries(records) as Record<string, string>);
    estate.takenAtMs = 0;
    await sweep(estate);
    expect(failures).toBeLessThanOrEqual(32); // those that were begun side by side
    expect(dropped).toBe(200);
  });

  it('gives up after the time that ends have, since the estate was first taken', async () => {
    away.add('shop');
    const estate = estateOf({ 'c/1': 'topic shop', 'c/2': 'topic shop' });
    estate.takenAtMs = Date.now() - 1_000;
    await sweep(estate, { endTimeoutMs: 500 });
    expect([dropped, estate.end]).toEqual([2, 'finished']);
  });

  it('drops what nobody can tell, and goes on', async () => {
    await sweep(
      estateOf({ 'c/1': 'ghost a', 'c/2': 'topic nobody', 'c/3': '', 'c/4': 'topic odd', 'c/5': 'topic a' }),
    );
    expect([told, dropped]).toEqual([['c/5'], 4]);
  });

  it('has nothing of a record in what it says of it', async () => {
    const estate = estateOf({
      'c/1': 'ghost {"cookie":"secret"}',
      'c/2': '{"cookie":"secret"} x',
      'c/3': 'secret',
    });
    await sweep(estate);
    expect(whys.toSorted()).toEqual([
      'nobody here tells those of the kind ghost',
      'their records are damaged',
      'their records are damaged',
    ]);
  });

  it('stops without a word when another node has taken the estate', async () => {
    const estate = estateOf({ 'c/1': 'topic a' });
    estate.isOurs = false;
    await sweep(estate);
    expect(estate.end).toBeUndefined();
  });

  it('forgets what it has told when it is stopped, and leaves the rest', async () => {
    const stop = new AbortController();
    tellers.add('last', {
      addresseeOf: () => 'a',
      tell: async () => stop.abort(new Error('stopped')),
    });
    const estate = estateOf({ 'c/1': 'topic a', 'c/2': 'last a', 'c/3': 'topic a' });
    await expect(sweep(estate, { signal: stop.signal })).rejects.toThrow('stopped');
    expect([...estate.records.keys()]).toEqual(['c/1']);
  });

  it('tells no more per second than it may', async () => {
    const startedMs = performance.now();
    await sweep(estateOf(Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`c${n}/1`, 'topic a']))), {
      rate: 200,
    });
    expect(performance.now() - startedMs).toBeGreaterThan(100);
  });
});
