/** A worker process has ended before it served. It has said why. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError';
}
