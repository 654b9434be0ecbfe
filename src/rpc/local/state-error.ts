/** The files by which programs of the same user find the gateway cannot be made: an operator can mend that. */
export class StateError extends Error {
  override readonly name = 'StateError';
}
