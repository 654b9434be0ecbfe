/** It cannot be said who is present. `absent`: it is not kept; `invalid`: what was asked cannot be. The message says it. */
export class PresenceError extends Error {
  override readonly name = 'PresenceError';

  constructor(
    readonly kind: 'absent' | 'invalid',
    message: string,
  ) {
    super(message);
  }
}
