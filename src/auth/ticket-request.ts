import { CallbackRequest } from '../callbacks/callback-request.js';
import { toJsonText } from '../protocol/json/json.js';

/** The request to a ticket validator. */
export class TicketRequest extends CallbackRequest {
  /** A request to test a provider with. */
  static from(ticket: unknown, signal: AbortSignal = new AbortController().signal): TicketRequest {
    return new TicketRequest(new Map([['ticket', toJsonText(ticket)]]), signal);
  }

  /** The ticket as the client gave it: any JSON value except null, false, zero and empty ones. */
  get ticket(): unknown {
    return this.fields.ticket;
  }
}
