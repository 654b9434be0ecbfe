import { type CallBounds, Batches } from './batches.js';

/** A call that is answered when the test says so. */
interface Call {
  readonly items: readonly string[];
  readonly answer: (outcome: Error | readonly (string | Error)[]) => void;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
const outcomeOf = (asked: Promise<string>): Promise<string> =>
  asked.catch((error: unknown) => `failed: ${(error as Error).message}`);

describe('what is asked for in one turn', () => {
  let calls: Call[];

  function batchesOf(bounds: Partial<CallBounds<string>> = {}): Batches<string, string> {
    calls = [];
    return new Batches({ maxItems: 2, ...bounds }, (items) => {
      return new Promise((resolve, reject) => {
        const answer: Call['answer'] = (outcome) =>
          outcome instanceof Error ? reject(outcome) : resolve(outcome);
        calls.push({ items, answer });
      });
    });
  }

  const itemsOf = (): unknown => calls.map(({ items }) => items);

  it('is done by few calls, that do not wait for each other', async () => {
    const batches = batchesOf();
    const asked = ['a', 'b', 'c'].map((item) => outcomeOf(batches.add(item)));
    await nextTurn();
    expect(itemsOf()).toEqual([['a', 'b'], ['c']]);
    calls[1]!.answer(['C']);
    calls[0]!.answer(['A', new Error('not b')]);
    expect(await Promise.all(asked)).toEqual(['A', 'failed: not b', 'C']);
  });

  // A trigger of a durable queue, in a later call, was kept before an earlier one that Redis had refused.
  it.each<[string, Error | readonly (string | Error)[], string]>([
    ['is refused', new Error('refused'), 'failed: refused'],
    ['has a fault', ['A1', new Error('refused')], 'A1'],
  ])('is not done after a call of its chain that %s', async (_, outcome, first) => {
    const batches = batchesOf({ isChained: (item) => item.startsWith('a') });
    const asked = ['a1', 'b1', 'a2', 'a3', 'b2', 'b3', 'a4'].map((item) => outcomeOf(batches.add(item)));
    await nextTurn();
    const others = [['b1', 'b2'], ['b3']];
    expect(itemsOf()).toEqual([...others, ['a1', 'a2']]);
    calls[2]!.answer(outcome);
    await nextTurn();
    expect(calls).toHaveLength(3);
    calls[0]!.answer(['B1', 'B2']);
    calls[1]!.answer(['B3']);
    const refused = 'failed: refused';
    expect(await Promise.all(asked)).toEqual([first, 'B1', refused, refused, 'B2', 'B3', refused]);
  });

  it('goes on with its chain, call after call', async () => {
    const batches = batchesOf({ isChained: () => true });
    const asked = ['a', 'b', 'c'].map((item) => outcomeOf(batches.add(item)));
    await nextTurn();
    expect(itemsOf()).toEqual([['a', 'b']]);
    calls[0]!.answer(['A', 'B']);
    await nextTurn();
    expect(itemsOf()).toEqual([['a', 'b'], ['c']]);
    calls[1]!.answer(['C']);
    expect(await Promise.all(asked)).toEqual(['A', 'B', 'C']);
  });
});
