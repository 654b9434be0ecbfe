import { IntrinsicException } from '@nestjs/common';

/**
 * Thrown by a provider that answers callbacks: refuses, with a text and data that the client is told. Without a text the
 * client is told what it is told when the app gives none, such as `Unauthorized.`.
 */
export class Refusal extends IntrinsicException {
  override readonly name = 'Refusal';

  /** @param data any value that can be JSON; null and what is empty is not told. */
  constructor(
    message?: string,
    readonly data?: unknown,
  ) {
    super(message);
  }
}
