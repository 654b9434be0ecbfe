import { inspect } from 'node:util';
import { stackOf } from '../base/message-of.js';

/** Whom a line of the log is about, as far as that is known. */
export interface LogParty {
  /** The id of the connection, as its client knows it. */
  readonly id?: string | undefined;
  /** Where it comes from. */
  readonly peer?: string | undefined;
}

/** A line of the log about a client, with what it is found by in fields of its own. It costs little where it is not written. */
export class LogLine {
  constructor(
    private readonly party: LogParty,
    private readonly write: () => string,
  ) {}

  /** That something has failed which should not: the stack, if there is one. */
  static fault(party: LogParty, error: unknown): LogLine {
    return new LogLine(party, () => stackOf(error));
  }

  get text(): string {
    return this.write();
  }

  /** What machines find it by. */
  get fields(): object {
    const { id, peer } = this.party;
    return { ...(id !== undefined && { connection: id }), ...(peer !== undefined && { address: peer }) };
  }

  /** For a log without fields, as Nest's own is: the connection stands at the end of the first line. */
  toString(): string {
    const { id } = this.party;
    return id === undefined ? this.text : this.text.replace(/$/m, () => ` (connection ${id})`);
  }

  toJSON(): object {
    return { msg: this.text, ...this.fields };
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
