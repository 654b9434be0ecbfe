import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

const POLL_MS = 10;

export interface WaitOptions {
  /** Default: 5000. */
  readonly timeoutMs?: number;
  /** Names what is waited for, in the error. */
  readonly what?: string;
}

/** What was waited for did not come in time. */
export class WaitError extends Error {
  override readonly name = 'WaitError';
}

type Answer<T> = Exclude<Awaited<T>, false | null | undefined>;

/**
 * Asks until the answer is neither false, null, undefined nor an exception, and returns it.
 * @throws {WaitError} when the time is up; `cause` is the last exception.
 */
export async function eventually<T>(
  ask: () => T,
  { timeoutMs = 5000, what = 'what the test waits for' }: WaitOptions = {},
): Promise<Answer<T>> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  do {
    try {
      const answer = await ask();
      if (answer !== false && answer !== null && answer !== undefined) {
        return answer as Answer<T>;
      }
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await delay(POLL_MS);
  } while (performance.now() < deadline);
  const because = cause === undefined ? '' : `: ${inspect(cause)}`;
  throw new WaitError(`${what} did not come within ${timeoutMs} ms${because}`, { cause });
}

/** A promise and the means to settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
