import { randomBytes } from 'node:crypto';

/** A page connects at once after it got its ticket; what is used later was kept, or stolen. */
const LIFETIME_MS = 30_000;
/** So that nobody fills the memory by asking for tickets. */
const MAX_TICKETS = 10_000;

/**
 * Who a ticket stands for. A ticket opens one connection, so its `session_id` names that connection's session.
 * @typedef {{ user_id: string, name: string, session_id: string }} Identity
 */

/** Tickets that each prove an identity to Kittiwake, once and for a short time. */
export class Tickets {
  // All tickets live equally long, so the order of a Map is the order in which they expire.
  /** @type {Map<string, { identity: Identity, expiresAtMs: number }>} */
  #tickets = new Map();

  /**
   * @param {{ userId: string, name: string }} visitor
   * @returns {string | undefined} nothing when too many tickets are waiting to be used.
   */
  issue({ userId, name }) {
    this.#forgetExpired();
    if (this.#tickets.size >= MAX_TICKETS) return undefined;
    const ticket = randomBytes(24).toString('base64url');
    const identity = { user_id: userId, name, session_id: randomBytes(9).toString('base64url') };
    this.#tickets.set(ticket, { identity, expiresAtMs: Date.now() + LIFETIME_MS });
    return ticket;
  }

  /** @param {unknown} ticket @returns {Identity | undefined} nothing when it is unknown, used or expired. */
  redeem(ticket) {
    if (typeof ticket !== 'string') return undefined;
    this.#forgetExpired();
    const identity = this.#tickets.get(ticket)?.identity;
    this.#tickets.delete(ticket);
    return identity;
  }

  #forgetExpired() {
    const nowMs = Date.now();
    for (const [ticket, { expiresAtMs }] of this.#tickets) {
      if (expiresAtMs > nowMs) return;
      this.#tickets.delete(ticket);
    }
  }
}
