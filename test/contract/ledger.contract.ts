import type { Estate, Ledger } from '../../src/leases/ledger.js';
import { eventually } from '../support/wait.js';

/** What the ledgers of one suite have in common, such as a server. */
export interface LedgerWorld {
  /** Another node of the same gateway, whose lease is {@link LEASE_MS}. */
  ledger(): Ledger;
  /** A node is gone: it says nothing any more. */
  lose(ledger: Ledger): Promise<void>;
  /** All that was kept is gone. */
  empty(): Promise<void>;
  /** Called after each test. */
  clear(): Promise<void>;
  /** Called at the end. */
  end(): Promise<void>;
}

/** Long enough for a busy machine, short enough for a test. */
export const LEASE_MS = 250;

const MANY = 2_500;
const record = (key: string, text = `topic {"of":"${key}"}`) => ({ key, text });

/** What every ledger promises; see `src/leases/ledger.ts`. */
export function ledgerContract(name: string, enter: () => Promise<LedgerWorld>): void {
  describe(`the ${name} ledger`, () => {
    let world: LedgerWorld;
    let estates: Estate[] = [];

    beforeAll(async () => {
      world = await enter();
    });
    afterEach(async () => {
      await Promise.all(estates.map((estate) => estate.release().catch(() => undefined)));
      estates = [];
      await world.clear();
    });
    afterAll(() => world.end());

    async function node(...keys: string[]): Promise<Ledger> {
      const ledger = world.ledger();
      await ledger.begin();
      if (keys.length > 0) await ledger.write({ written: keys.map((key) => record(key)), removed: [] });
      return ledger;
    }

    async function lostNode(...keys: string[]): Promise<Ledger> {
      const ledger = await node(...keys);
      await world.lose(ledger);
      return ledger;
    }

    async function claimed(ledger: Ledger): Promise<Estate> {
      const estate = await eventually(() => ledger.claim(), { what: 'an estate' });
      estates.push(estate);
      return estate;
    }

    async function contentOf(estate: Estate): Promise<Record<string, string | undefined>> {
      const keys = await estate.keys();
      const texts = await estate.read(keys);
      return Object.fromEntries(keys.toSorted().map((key) => [key, texts[keys.indexOf(key)]]));
    }

    it('gives what a lost node has written and not removed, to one that claims it', async () => {
      const lost = await node('c1/1', 'c1/2', 'c2/3');
      await lost.write({
        written: [record('c2/4'), record('c1/1', 'topic {"changed":1}')],
        removed: ['c2/3'],
      });
      await world.lose(lost);
      const estate = await claimed(world.ledger());
      expect(await contentOf(estate)).toEqual({
        'c1/1': 'topic {"changed":1}',
        'c1/2': 'topic {"of":"c1/2"}',
        'c2/4': 'topic {"of":"c2/4"}',
      });
    });

    it('keeps texts as they are, whatever is in them', async () => {
      const texts = [
        'room {"a":"é \u2028 \u0000 😀 \\n"}',
        `topic {"long":"${'x'.repeat(100_000)}"}`,
        'k {}',
      ];
      const lost = world.ledger();
      await lost.begin();
      await lost.write({ written: texts.map((text, index) => record(`c/${index}`, text)), removed: [] });
      await world.lose(lost);
      const estate = await claimed(world.ledger());
      expect(await estate.read(['c/0', 'c/1', 'c/2', 'c/3'])).toEqual([...texts, undefined]);
    });

    it('leaves a node alone that lives, with all that it has', async () => {
      const [living, other] = [await node('c1/1'), world.ledger()];
      const until = performance.now() + 2 * LEASE_MS;
      await eventually(async () => {
        expect(await living.beat()).toBe('kept');
        expect(await other.claim()).toBeUndefined();
        return performance.now() > until;
      });
    });

    it('gives an estate to one of two that claim it at once', async () => {
      await lostNode('c1/1');
      const nodes = [world.ledger(), world.ledger(), world.ledger()];
      const claims = await eventually(async () => {
        const each = await Promise.all(nodes.map((one) => one.claim()));
        return each.some(Boolean) && each;
      });
      estates.push(...claims.filter((claim) => claim !== undefined));
      expect(estates).toHaveLength(1);
    });

    it('keeps an estate for whoever has claimed it, as long as that says so', async () => {
      await lostNode('c1/1');
      const [sweeper, other] = [world.ledger(), world.ledger()];
      const estate = await claimed(sweeper);
      const until = performance.now() + 2 * LEASE_MS;
      await eventually(async () => {
        expect(await estate.keep()).toBe(true);
        expect(await other.claim()).toBeUndefined();
        return performance.now() > until;
      });
    });

    it('gives what is left of an estate to another when its claimer is lost, which learns of it', async () => {
      await lostNode('c1/1', 'c1/2', 'c1/3');
      const sweeper = world.ledger();
      const first = await claimed(sweeper);
      expect(await first.forget(['c1/2'])).toBe(true);
      await world.lose(sweeper);
      const next = world.ledger();
      const second = await claimed(next);
      expect(Object.keys(await contentOf(second))).toEqual(['c1/1', 'c1/3']);
      expect(second.takenAtMs).toBe(first.takenAtMs);
      expect(await first.keep()).toBe(false);
      expect(await first.forget(['c1/1'])).toBe(false);
    });

    it('does not give a node its own records, however long it was paused', async () => {
      const paused = await lostNode('c1/1');
      await new Promise((resolve) => setTimeout(resolve, LEASE_MS + 20)); // the time itself is what is tested
      expect(await paused.claim()).toBeUndefined();
      expect(await paused.beat()).toBe('kept');
    });

    it('has nothing left of an estate that is finished', async () => {
      await lostNode('c1/1');
      const sweeper = world.ledger();
      await (await claimed(sweeper)).finish();
      expect(await sweeper.claim()).toBeUndefined();
    });

    it('gives an estate that was released to the next at once', async () => {
      await lostNode('c1/1');
      const [sweeper, next] = [world.ledger(), world.ledger()];
      const estate = await claimed(sweeper);
      await estate.release();
      expect((await claimed(next)).node).toBe(estate.node);
    });

    it('tells a node that was taken for lost, and begins with it anew', async () => {
      const paused = await lostNode('c1/1');
      const sweeper = world.ledger();
      const estate = await claimed(sweeper);
      expect(await paused.beat()).toBe('fenced');
      await estate.finish();
      await paused.begin();
      await paused.write({ written: [record('c1/2')], removed: [] });
      expect(await paused.beat()).toBe('kept');
    });

    it('leaves nothing of a node that ends with nothing left', async () => {
      const [ended, other] = [await node('c1/1'), world.ledger()];
      await ended.write({ written: [], removed: ['c1/1'] });
      await ended.end(false);
      expect(await other.claim()).toBeUndefined();
    });

    it('gives what a node leaves that ends to the next at once', async () => {
      const [ended, other] = [await node('c1/1'), world.ledger()];
      await ended.end(true);
      expect(Object.keys(await contentOf(await claimed(other)))).toEqual(['c1/1']);
    });

    it('takes new records in the place of all that there are', async () => {
      const lost = await node('c1/1', 'c1/2');
      expect(await lost.rewrite([[record('c3/1')], [record('c3/2')]])).toBe('kept');
      await lost.write({ written: [record('c3/3')], removed: ['c3/1'] });
      await world.lose(lost);
      expect(Object.keys(await contentOf(await claimed(world.ledger())))).toEqual(['c3/2', 'c3/3']);
    });

    it('is behind when all was lost, and takes all records again', async () => {
      const emptied = await node('c1/1', 'c1/2');
      await world.empty();
      expect(await emptied.beat()).toBe('behind');
      await emptied.rewrite([[record('c1/1'), record('c1/2')]]);
      expect(await emptied.beat()).toBe('kept');
      await world.lose(emptied);
      expect(Object.keys(await contentOf(await claimed(world.ledger())))).toEqual(['c1/1', 'c1/2']);
    });

    it('takes and gives many records', async () => {
      const lost = await node();
      const keys = Array.from({ length: MANY }, (_, index) => `c${index % 7}/${index}`);
      for (let at = 0; at < MANY; at += 1_000)
        await lost.write({ written: keys.slice(at, at + 1_000).map((key) => record(key)), removed: [] });
      await lost.write({ written: [], removed: keys.slice(0, 1_000) });
      await world.lose(lost);
      const estate = await claimed(world.ledger());
      expect((await estate.keys()).toSorted()).toEqual(keys.slice(1_000).toSorted());
    });
  });
}
