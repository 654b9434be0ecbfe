import { IntrinsicException } from '@nestjs/common';

/**
 * Thrown by a provider that answers callbacks: refuses, with a text and data for the client. Without a text, the client
 * gets the default one, such as `Unauthorized.`.
 */
export class Refusal extends IntrinsicException {
  override readonly name = 'Refusal';

  /** @param data any value that can be JSON; null and empty values are not sent. */
  constructor(
    message?: string,
    readonly data?: unknown,
  ) {
    super(message);
  }
}
