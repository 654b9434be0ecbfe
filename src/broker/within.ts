/**
 * Runs a task that obeys a signal, with a time limit.
 * @param signal ends the task before that.
 * @throws the signal's reason, or an error that names the time limit.
 */
export async function within<T>(
  timeoutMs: number,
  signal: AbortSignal,
  task: (ending: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const end = () => controller.abort(signal.reason);
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  try {
    return await task(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}
