import { IntrinsicException } from '@nestjs/common';

/** The reason of a call's signal when the reader of its stream gives it up. */
export class CallGivenUp extends IntrinsicException {
  override readonly name = 'AbortError';

  constructor() {
    super('The caller wants no more results.');
  }
}
