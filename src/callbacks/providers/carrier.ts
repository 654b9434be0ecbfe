/**
 * An answer that holds more than its data. Interceptors see the data alone, as they do of other answers; their result
 * takes its place.
 */
export abstract class Carrier<Data = unknown> {
  constructor(readonly data: Data) {}

  /** The same with other data. */
  abstract carrying<Other>(data: Other): Carrier<Other>;
}
