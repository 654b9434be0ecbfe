import { measured } from '../callbacks/measured.js';
import type { LogParty } from '../metrics/log-line.js';
import type { Metrics } from '../metrics/metrics.js';
import { ClientError } from '../protocol/errors.js';
import { isFalsy, type JsonMembers, type JsonText } from '../protocol/json/json.js';
import type { Authenticated } from './authenticated.js';
import type { Authenticator } from './authenticator.js';

/** Resolves a ticket to an identity, over HTTP or in process. */
export interface TicketValidator {
  /**
   * @returns the fields of the identity.
   * @throws {ClientError} when the ticket is refused.
   * @throws {CallbackError} when the app could not be asked.
   */
  validate(ticket: JsonText, signal: AbortSignal, client?: LogParty): Promise<JsonMembers>;
}

/** Authenticates by a ticket that the app issued and that the app validates: `{"event": "auth", "ticket": …}`. */
export class TicketAuthenticator implements Authenticator {
  constructor(
    private readonly validator: TicketValidator,
    private readonly metrics: Metrics,
  ) {}

  async authenticate(
    event: ReadonlyMap<string, JsonText>,
    signal: AbortSignal,
    client?: LogParty,
  ): Promise<Authenticated> {
    const ticket = event.get('ticket');
    if (ticket === undefined || isFalsy(ticket))
      throw new ClientError('ticket_missing', 'Must specify ticket.');
    const question = { service: 'auth', callback: 'ticket', signal };
    const validate = (): Promise<JsonMembers> => this.validator.validate(ticket, signal, client);
    return { identity: await measured(this.metrics, question, validate) };
  }
}

/** The refusal of a ticket, with the app's own `error` if it gave one. */
export function ticketRefused(error?: JsonText, why = 'it refuses the ticket'): ClientError {
  const verdict = { by: 'the app (auth.ticket)', why };
  return new ClientError('authentication_failed', 'Authentication failed.', { error, verdict });
}
