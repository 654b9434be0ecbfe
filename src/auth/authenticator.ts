import type { LogParty } from '../metrics/log-line.js';
import type { JsonText } from '../protocol/json/json.js';
import type { Authenticated } from './authenticated.js';

/** One method of authentication. */
export interface Authenticator {
  /**
   * @param event the members of the client's `auth` event.
   * @param signal aborted when the result is no longer of use.
   * @param client the party that lines of the log name.
   * @throws {ClientError} when the client is refused.
   * @throws {CallbackError} when the authority that decides could not be asked.
   */
  authenticate(
    event: ReadonlyMap<string, JsonText>,
    signal: AbortSignal,
    client?: LogParty,
  ): Promise<Authenticated>;
}

/** The methods by which clients may authenticate. */
export class Authenticators {
  /** The refusals in a row after which a client is closed; 0 is no limit. */
  maxFailures = 0;
  /** See {@link admit}; set by who knows what is revoked. */
  guard: (authenticated: Authenticated) => Promise<void> | undefined = () => undefined;
  private readonly byMethod = new Map<string, Authenticator>();

  /**
   * Lets in whose proof is good, unless it is revoked. MUST be called for each.
   * @returns nothing when it has been decided already.
   * @throws {ClientError} when it is revoked. @throws {CallbackError} when nobody can say, as a rejection.
   */
  admit(authenticated: Authenticated): Promise<void> | undefined {
    return this.guard(authenticated);
  }

  add(method: string, authenticator: Authenticator): void {
    this.byMethod.set(method, authenticator);
  }

  /** Whether there is no method at all. */
  get areNone(): boolean {
    return this.byMethod.size === 0;
  }

  find(method: string): Authenticator | undefined {
    return this.byMethod.get(method);
  }
}
