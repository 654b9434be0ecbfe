import { IntrinsicException } from '@nestjs/common';

/** The reason of a call's signal when its stream is given up by whoever read it. */
export class CallGivenUp extends IntrinsicException {
  override readonly name = 'AbortError';

  constructor() {
    super('The caller wants no more results.');
  }
}
