import type { IncomingHttpHeaders } from 'node:http';

/** The request with which a client has connected, whatever carries the connection. */
export class Handshake {
  constructor(
    /** The path and the query, as they came. */
    readonly url: string,
    /** By lower-case name, as Node has them. */
    readonly headers: IncomingHttpHeaders,
    /** The client's address, as connections are counted by; see `server.trustProxy`. */
    readonly address: string | undefined,
  ) {}

  /** The path, as it came. */
  get path(): string {
    return this.url.split('?', 1)[0]!;
  }

  /** The query, by name; of a repeated name the last counts. */
  get query(): Readonly<Record<string, string>> {
    return Object.fromEntries(new URLSearchParams(this.url.slice(this.path.length)));
  }
}
