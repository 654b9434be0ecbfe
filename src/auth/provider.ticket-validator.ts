import { SetMetadata } from '@nestjs/common';
import { CallbackRequest } from '../callbacks/callback-request.js';
import type { ProviderMethod } from '../callbacks/provider-methods.js';
import { CallbackAnswerError } from '../protocol/errors.js';
import { isObject, toJsonText, type JsonMembers, type JsonText } from '../protocol/json.js';
import { ticketRefused, type TicketValidator } from './ticket.authenticator.js';

/** Where {@link ValidateTicket} leaves its mark. */
export const VALIDATE_TICKET = 'kittiwake:validate-ticket';

/**
 * Marks the method of a provider that validates tickets in process. It gets a {@link CallbackRequest} with the field
 * `ticket` and returns the fields of the identity; it refuses by throwing, or by returning nothing.
 */
export const ValidateTicket = (): MethodDecorator => SetMetadata(VALIDATE_TICKET, true);

/** Asks a provider of the app. */
export class ProviderTicketValidator implements TicketValidator {
  constructor(private readonly method: ProviderMethod) {}

  async validate(ticket: JsonText, signal: AbortSignal): Promise<JsonMembers> {
    const answer = await this.method.call(new CallbackRequest(new Map([['ticket', ticket]]), signal));
    if ('refusal' in answer) throw ticketRefused(answer.refusal.get('error'));
    const { value } = answer;
    if (value === undefined || value === null || value === false) throw ticketRefused();
    if (!isObject(value))
      throw new CallbackAnswerError('a ticket validator must return the fields of the identity');
    return new Map(Object.entries(value).map(([name, field]) => [name, toJsonText(field)]));
  }
}
