import { SetMetadata } from '@nestjs/common';
import { decisionOf } from '../callbacks/providers/decision.js';
import type { ProviderMethod } from '../callbacks/providers/provider-methods.js';
import { requireRefusal } from '../callbacks/providers/provider-refusal.js';
import type { LogParty } from '../metrics/log-line.js';
import type { Handshake } from '../protocol/handshake.js';
import { CallbackAnswerError } from '../protocol/errors.js';
import { membersOf, toJsonText, type JsonMembers, type JsonText } from '../protocol/json/json.js';
import { TicketRequest } from './ticket-request.js';
import { ticketRefused, type TicketValidator } from './ticket.authenticator.js';

/** The metadata key of {@link ValidateTicket}. */
export const VALIDATE_TICKET = 'kittiwake:validate-ticket';

/**
 * Marks the method of a provider that validates tickets in process, instead of a URL. It gets a {@link TicketRequest} and
 * returns the fields of the identity, all of which the callbacks see; it refuses by throwing, as an authorizer of a topic
 * service does, or by returning nothing, null or false.
 */
export const ValidateTicket = (): MethodDecorator => SetMetadata(VALIDATE_TICKET, true);

/** Asks a provider of the app. */
export class ProviderTicketValidator implements TicketValidator {
  /** @param handshakeOf finds the request with which a client has connected. */
  constructor(
    private readonly method: ProviderMethod,
    private readonly handshakeOf: (client: object | undefined) => Handshake | undefined,
  ) {}

  async validate(ticket: JsonText, signal: AbortSignal, client?: LogParty): Promise<JsonMembers> {
    const members: JsonMembers = new Map([['ticket', ticket]]);
    const handshake = this.handshakeOf(client);
    const answer = await this.method.call(
      (own) => new TicketRequest(members, own, { handshake, callback: 'ticket', client }),
      signal,
    );
    if ('refusal' in answer) {
      requireRefusal({ thrown: answer.thrown, name: this.method.name, isDecision: true });
      throw ticketRefused(answer.refusal.get('error'));
    }
    const value = decisionOf(answer, this.method);
    if (value === undefined || value === null || value === false) throw ticketRefused();
    return this.identity(value);
  }

  private identity(value: unknown): JsonMembers {
    try {
      const text = toJsonText(value);
      if (!text.startsWith('{')) throw new TypeError('a ticket validator returns the fields of the identity');
      return membersOf(text);
    } catch (cause) {
      const { message } = cause as Error;
      throw new CallbackAnswerError(`${this.method.name} returned what is no answer: ${message}`, { cause });
    }
  }
}
