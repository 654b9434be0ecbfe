import { CallbackRequest } from '../callbacks/callback-request.js';
import { toJsonText } from '../protocol/json/json.js';

/** What a ticket validator is asked. */
export class TicketRequest extends CallbackRequest {
  /** A request to test a provider with. */
  static from(ticket: unknown, signal: AbortSignal = new AbortController().signal): TicketRequest {
    return new TicketRequest(new Map([['ticket', toJsonText(ticket)]]), signal);
  }

  /** What the client gave as its ticket: any JSON value except null, false, zero and what is empty. */
  get ticket(): unknown {
    return this.fields.ticket;
  }
}
