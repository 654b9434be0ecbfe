/**
 * Does work that ends at the latest after `timeoutMs`, or when `signal` is aborted, even if the work does not heed it.
 * @throws `tooLate` after that time.
 * @throws the signal's reason when it is aborted.
 */
export async function withTimeLimit<Result>(
  timeoutMs: number,
  tooLate: Error,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  return limited(timeoutMs, tooLate, signal, (limit) => Promise.race([aborted(limit), work(limit)]));
}

/**
 * As {@link withTimeLimit}, for work that heeds its signal: it is waited for, so that what it opened does not stay open.
 * @throws `tooLate` or the signal's reason, whatever the work says when it is ended.
 */
export async function heedingTimeLimit<Result>(
  timeoutMs: number,
  tooLate: Error,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return limited(timeoutMs, tooLate, signal, async (limit) => {
    try {
      return await work(limit);
    } catch (error) {
      throw limit.aborted ? limit.reason : error;
    }
  });
}

/** Does work with a signal that is aborted after `timeoutMs`, or with another one. */
async function limited<Result>(
  timeoutMs: number,
  tooLate: Error,
  signal: AbortSignal,
  work: (limit: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController();
  const cancel = (): void => limit.abort(signal.reason);
  const timer = setTimeout(() => limit.abort(tooLate), timeoutMs);
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** Whether a promise settles within `timeoutMs`. @throws its rejection, if it comes in time; later, it is ignored. */
export async function settlesWithin(
  timeoutMs: number,
  promise: Promise<unknown> | undefined,
): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  try {
    return await Promise.race([Promise.resolve(promise).then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
