import { inspect } from 'node:util';
import { stackOf } from '../base/message-of.js';

/** The client that a log line is about, as far as it is known. */
export interface LogParty {
  /** The id of the connection, as its client knows it. */
  readonly id?: string | undefined;
  /** The address that it connects from. */
  readonly peer?: string | undefined;
}

/** A log line about a client, who is named in fields of the line. It costs little where it is not written. */
export class LogLine {
  constructor(
    private readonly party: LogParty,
    private readonly write: () => string,
  ) {}

  /** A line about a defect: the stack, if there is one. */
  static fault(party: LogParty, error: unknown): LogLine {
    return new LogLine(party, () => stackOf(error));
  }

  get text(): string {
    return this.write();
  }

  /** The fields by which machines find the line. */
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
