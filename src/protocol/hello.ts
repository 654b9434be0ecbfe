import { objectText, toJsonText, type JsonMembers, type JsonText } from './json/json.js';

/** What a client is told of the gateway when it connects. */
export interface HelloFacts {
  /** Durations in milliseconds by the names that they have in the frame, where they are seconds; 0 is none. */
  readonly periodsMs: Readonly<Record<string, number>>;
  /** By the names that they have in the frame; 0 is no limit. */
  readonly limits: Readonly<Record<string, number>>;
  /** What the client may use, besides what the protocol always has. */
  readonly features: readonly string[];
}

/** What clients of `kittiwake.v1.json` are told first: the same for all of an endpoint, but for the id of the connection. */
export class Hello {
  /** For a protocol that has a first frame already. */
  readonly members: JsonMembers;
  private readonly text: string;

  constructor({ periodsMs, limits, features }: HelloFacts) {
    const isSet = ([, value]: [string, number]): boolean => value > 0;
    const periods = Object.entries(periodsMs).filter(isSet);
    this.members = new Map([
      ...periods.map(([name, ms]): [string, JsonText] => [name, toJsonText(ms / 1000)]),
      ['limits', toJsonText(Object.fromEntries(Object.entries(limits).filter(isSet)))],
      ['features', toJsonText(features)],
    ]);
    this.text = objectText(this.members).slice(1);
  }

  /** The frame of one connection. @param expiresInS in how many seconds it ends, if that is known. */
  textFor(connectionId: string, expiresInS?: number): string {
    const expiry = expiresInS === undefined ? '' : `"expires_in":${expiresInS},`;
    return `{"event":"hello","connection_id":"${connectionId}",${expiry}${this.text}`;
  }
}
