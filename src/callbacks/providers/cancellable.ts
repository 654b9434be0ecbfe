import { IntrinsicException } from '@nestjs/common';

/** The reason with which a provider's signal is aborted. Nest does not log it when the provider rethrows it. */
export class CallEnded extends IntrinsicException {
  override readonly name = 'AbortError';

  constructor() {
    super('The answer is of no use any more.');
  }
}

/**
 * Does work that gets a signal of its own, and may or may not heed it.
 * @throws the reason of the outer signal as soon as that is aborted; the outcome of the work is ignored then.
 */
export async function cancellable<Result>(
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const inner = new AbortController();
  if (!outer) return work(inner.signal);
  outer.throwIfAborted();
  let cancel!: () => void;
  const cancelled = new Promise<never>((_, reject) => {
    cancel = () => {
      inner.abort(new CallEnded());
      reject(outer.reason as Error);
    };
    outer.addEventListener('abort', cancel);
  });
  try {
    return await Promise.race([cancelled, work(inner.signal)]);
  } finally {
    outer.removeEventListener('abort', cancel);
  }
}
