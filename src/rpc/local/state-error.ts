/** Thrown when the files of the state folder cannot be made; the message tells the operator why. */
export class StateError extends Error {
  override readonly name = 'StateError';
}
