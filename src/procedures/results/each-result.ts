import { setImmediate as nextTurn } from 'node:timers/promises';

/** Other work has its turn after so many results of a stream that never waits. */
const RESULTS_PER_TURN = 64;

/**
 * Reads a stream to its end, and returns it, also when `take` throws.
 * @param take gets each result, the last included: `undefined` where the stream ends without one.
 * @throws what the stream or `take` throws.
 */
export async function eachResult(
  stream: AsyncIterator<unknown, unknown, void>,
  take: (value: unknown, isLast: boolean) => Promise<void>,
): Promise<void> {
  try {
    for (let count = 1; ; count++) {
      const { done = false, value } = await stream.next();
      await take(value, done);
      if (done) return;
      if (count % RESULTS_PER_TURN === 0) await nextTurn();
    }
  } finally {
    await stream.return?.();
  }
}
