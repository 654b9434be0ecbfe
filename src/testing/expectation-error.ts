/** An expectation of a test was not met. The message says what came instead. */
export class ExpectationError extends Error {
  override readonly name = 'ExpectationError';
}
