import { Injectable } from '@nestjs/common';
import { type TicketRequest, ValidateTicket } from 'kittiwake';
import { randomUUID } from 'node:crypto';

/** Who holds a ticket: fields that every callback sees. */
export interface Identity {
  readonly user_id: string;
  readonly is_member: boolean;
}

/** Tickets that browsers get over HTTP, where they are signed in, and prove it with over the WebSocket. */
@Injectable()
export class Tickets {
  private readonly identities = new Map<unknown, Identity>();

  issue(identity: Identity): string {
    const ticket = randomUUID();
    this.identities.set(ticket, identity);
    return ticket;
  }

  /** A ticket is good for one use. Returning nothing refuses. */
  @ValidateTicket()
  validate({ ticket }: TicketRequest): Identity | undefined {
    const identity = this.identities.get(ticket);
    this.identities.delete(ticket);
    return identity;
  }
}
