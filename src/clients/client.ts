import type { Authenticated } from '../auth/authenticated.js';
import type { Connection } from '../connection/connection.js';
import { keptCanonicalJson } from '../protocol/json/canonical-json.js';

/** A client that has proved who it is. */
export class Client {
  /** Whose it is: canonical JSON of the field that tells (`auth.identityField`); absent where there is no such field. */
  readonly identity: string | undefined;
  /** The id of its token (`jti`), if it has one. */
  readonly tokenId: string | undefined;
  /** When its proof was issued, in milliseconds since the epoch; 0 when it does not say. */
  readonly provedAtMs: number;

  constructor(
    readonly connection: Connection,
    { identity, tokenId, issuedAtMs }: Authenticated,
    identityField: string,
  ) {
    const text = identity.get(identityField);
    this.identity = text === undefined ? undefined : keptCanonicalJson(text);
    this.tokenId = tokenId;
    this.provedAtMs = issuedAtMs ?? Date.now();
  }
}
