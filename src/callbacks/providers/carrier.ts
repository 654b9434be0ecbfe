/**
 * An answer that has more with it than its data. Interceptors see the data alone, as they do of other answers; what they
 * make of it is carried on with the rest.
 */
export abstract class Carrier<Data = unknown> {
  constructor(readonly data: Data) {}

  /** The same with other data. */
  abstract carrying<Other>(data: Other): Carrier<Other>;
}
