import type { Authenticated } from '../auth/authenticated.js';
import type { IdentityLimits } from './limits/identity-limits.js';
import type { Seat } from './limits/seat.js';
import type { Connection } from '../connection/connection.js';
import { keptCanonicalJson } from '../protocol/json/canonical-json.js';

/** A client that has proved who it is. */
export class Client {
  /** Canonical JSON of the field that says whose it is (`auth.identityField`); absent where there is no such field. */
  readonly identity: string | undefined;
  /** The id of its token (`jti`), if it has one. */
  readonly tokenId: string | undefined;
  /** The time of issue of its proof, in milliseconds since the epoch; 0 when it does not say. */
  readonly provedAtMs: number;
  /** That of its connection, where its identity may have only so many. */
  private seat: Seat | undefined = undefined;

  constructor(
    readonly connection: Connection,
    { identity, tokenId, issuedAtMs }: Authenticated,
    identityField: string,
    private readonly limits: IdentityLimits,
  ) {
    const text = identity.get(identityField);
    this.identity = text === undefined ? undefined : keptCanonicalJson(text);
    this.tokenId = tokenId;
    this.provedAtMs = issuedAtMs ?? Date.now();
  }

  /**
   * Takes one of the connections that its identity may have, unless the client was the same before.
   * @returns nothing where there is nothing to wait for.
   * @throws {ClientError} when it has as many already, as a rejection.
   */
  sit(before?: Client): Promise<void> | undefined {
    if (before?.seat && before.identity === this.identity) {
      this.seat = before.seat;
      before.seat = undefined;
      return undefined;
    }
    const taking = this.limits.take('connections', this.identity, this.connection);
    return taking && this.sitDown(taking);
  }

  private async sitDown(taking: Promise<Seat>): Promise<void> {
    this.seat = await taking;
    if (!this.connection.isOpen) this.stand(); // it has gone meanwhile
  }

  /** Gives its connection back. */
  stand(): void {
    this.seat?.release();
    this.seat = undefined;
  }

  /**
   * Takes one of the subscriptions that its identity may have, to be given back.
   * @returns nothing where there is no limit.
   * @throws {ClientError} when it has as many already, as a rejection.
   */
  takeSubscription(): Promise<Seat> | undefined {
    return this.limits.take('subscriptions', this.identity, this.connection);
  }
}
