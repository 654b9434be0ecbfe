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
  const limit = new AbortController();
  const cancel = (): void => limit.abort(signal.reason);
  const timer = setTimeout(() => limit.abort(tooLate), timeoutMs);
  signal.addEventListener('abort', cancel);
  try {
    return await Promise.race([aborted(limit.signal), work(limit.signal)]);
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
