import { objectText, toJsonText, type JsonMembers, type JsonText } from './json/json.js';

/** The facts about the gateway that a client is told when it connects. */
export interface HelloFacts {
  /** Durations in milliseconds by their names in the frame, where they are seconds; 0 is none. */
  readonly periodsMs: Readonly<Record<string, number>>;
  /** Limits by their names in the frame; 0 is no limit. */
  readonly limits: Readonly<Record<string, number>>;
  /** The optional features that the client may use. */
  readonly features: readonly string[];
}

/** The first frame for clients of `kittiwake.v1.json`: one per endpoint, but for the connection's id and expiry. */
export class Hello {
  /** The members alone, for a protocol that has a first frame already. */
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

  /** The frame of one connection. @param expiresInS the seconds until it ends, if that is known. */
  textFor(connectionId: string, expiresInS?: number): string {
    const expiry = expiresInS === undefined ? '' : `"expires_in":${expiresInS},`;
    return `{"event":"hello","connection_id":"${connectionId}",${expiry}${this.text}`;
  }
}
