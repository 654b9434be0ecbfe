import { inspect } from 'node:util';

/** A line of the log with fields of its own, which costs nothing where it is not written. */
export class LogLine {
  constructor(
    private readonly text: () => string,
    /** What machines find it by. */
    readonly fields: () => object,
  ) {}

  /** For a log without fields, as Nest's own is. */
  toString(): string {
    return this.text();
  }

  toJSON(): object {
    return { msg: this.text(), ...this.fields() };
  }

  [inspect.custom](): string {
    return this.text();
  }
}
