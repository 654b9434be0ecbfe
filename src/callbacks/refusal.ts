import { IntrinsicException } from '@nestjs/common';

/** Thrown by a provider that answers callbacks: refuses, with a text and data that the client is told. */
export class Refusal extends IntrinsicException {
  override readonly name = 'Refusal';

  constructor(
    message: string,
    readonly data?: unknown,
  ) {
    super(message);
  }
}
