/** A worker process ended before it served. It has reported the reason itself. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError';
}
