import { isKnownStatus } from './response.js';

/** Thrown for a first result of a stream that refuses the call: `{"error": …, "finished": <status>}`. */
export class UnbegunStream extends Error {
  override readonly name = 'UnbegunStream';
  /** 500 in place of a status without a reason phrase of its own. */
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor({ error, finished, ...others }: Readonly<Record<string, unknown>>) {
    super('the stream began with an error');
    this.status = isKnownStatus(finished) ? finished : 500;
    const members = Object.entries(others).filter(([name]) => name === 'resource' || name === 'needed_vars');
    this.body = { error, ...Object.fromEntries(members) };
  }
}
