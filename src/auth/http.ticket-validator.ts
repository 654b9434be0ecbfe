import type { Caller } from '../callbacks/caller.js';
import { isOk, whyNotOk } from '../callbacks/http/callback-answer.js';
import type { TicketSettings } from '../config/sections/auth/ticket.settings.js';
import type { LogParty } from '../metrics/log-line.js';
import { CallbackAnswerError } from '../protocol/errors.js';
import { objectText, type JsonMembers, type JsonText } from '../protocol/json/json.js';
import { ticketRefused, type TicketValidator } from './ticket.authenticator.js';

/** Asks the app at a URL: `{"ticket": …}`; an answer with `status` "ok" has the fields of the identity. */
export class HttpTicketValidator implements TicketValidator {
  constructor(
    private readonly caller: Caller,
    private readonly settings: TicketSettings,
  ) {}

  async validate(ticket: JsonText, signal: AbortSignal, client?: LogParty): Promise<JsonMembers> {
    const { url, headers } = this.settings;
    const answer = await this.caller.call(url, objectText([['ticket', ticket]]), {
      service: 'auth',
      client,
      headers,
      signal,
    });
    if (!isOk(answer)) throw ticketRefused(answer.get('error'), whyNotOk(answer));
    return this.identity(answer);
  }

  private identity(answer: JsonMembers): JsonMembers {
    const identity: JsonMembers = new Map();
    for (const field of this.settings.fields) {
      const value = answer.get(field);
      if (value === undefined)
        throw new CallbackAnswerError(`the ticket was accepted without the field ${field}`);
      identity.set(field, value);
    }
    return identity;
  }
}
