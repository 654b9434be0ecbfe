import { InvalidBookError } from './books.mjs';
import { BOOKS_TOPIC } from './topics.mjs';

/**
 * What Kittiwake sends with a callback: the subscription, what the ticket proved (`user_id`, `name`, `session_id`),
 * what the authorizer added (`role`), and the client's `data` with `on_message`. Only `data` is the client's word.
 * @typedef {{ session_id: string, user_id: string, name: string, role: string, subscription: string, ticket?: unknown, data?: unknown }} CallbackRequest
 */

/** @typedef {{ status: 'ok' | 'error', [member: string]: unknown }} CallbackAnswer */

/** @param {object} [members] @returns {CallbackAnswer} */
const ok = (members) => ({ status: 'ok', ...members });

/** @param {string} error What the client is told. @param {object} [data] @returns {CallbackAnswer} */
const refuse = (error, data) => ({ status: 'error', error, ...(data && { data }) });

/**
 * The answers to Kittiwake's callbacks, by the path after `/kittiwake/`.
 * @param {object} shop
 * @param {import('./books.mjs').Books} shop.books
 * @param {import('./visits.mjs').Visits} shop.visits
 * @param {import('./roles.mjs').Roles} shop.roles
 * @param {import('./tickets.mjs').Tickets} shop.tickets
 * @param {import('./publisher.mjs').Publisher} shop.publisher
 * @returns {Map<string, (request: CallbackRequest) => CallbackAnswer>}
 */
export function callbacksOf({ books, visits, roles, tickets, publisher }) {
  /** @param {CallbackRequest} request */
  function authorize({ subscription, user_id }) {
    if (subscription !== BOOKS_TOPIC) return refuse('There is no such topic.');
    const role = roles.of(user_id);
    // Everybody who may come in sees who is here.
    return role === 'none'
      ? refuse('The bookshop asked you to leave.')
      : ok({ role, options: { presence: true } });
  }

  /** @param {CallbackRequest} request */
  function tellRole(request) {
    // A filter field of the service: of all who are subscribed, only this person gets it.
    const { user_id, role } = request;
    publisher.publish({ subscription: request.subscription, data: { role }, user_id });
    return ok();
  }

  /** @param {CallbackRequest} request */
  function changeBook({ data, role, name, session_id }) {
    if (role !== 'editor') return refuse('You may look at the books, but not change them.');
    const { action, id, changes } = /** @type {Record<string, unknown>} */ (data ?? {});
    if (action !== 'update') return refuse('The action must be "update".');
    const book = books.get(id);
    if (!book) return refuse('There is no such book.');
    try {
      const changed = books.update(book, changes, name);
      visits.countChange(session_id);
      return ok({ data: { book: changed } });
    } catch (error) {
      if (error instanceof InvalidBookError) return refuse(error.message, { field: error.field });
      throw error;
    }
  }

  return new Map([
    ['ticket', ({ ticket }) => redeem(tickets, ticket)],
    ['books/authorizer', authorize],
    // The order of the state decides which of the changes that happen meanwhile are newer than it.
    [
      'books/before_subscribe',
      ({ role }) => ok({ data: { books: books.list(), role }, options: { order: books.version } }),
    ],
    ['books/on_message', changeBook],
    ['books/before_unsubscribe', ({ session_id }) => ok({ data: { changes: visits.changesOf(session_id) } })],
    [
      'books/on_unsubscribe',
      ({ session_id }) => {
        visits.ended(session_id);
        return ok();
      },
    ],
    ['books/on_authorization_change', tellRole],
  ]);
}

/** @param {import('./tickets.mjs').Tickets} tickets @param {unknown} ticket */
function redeem(tickets, ticket) {
  const identity = tickets.redeem(ticket);
  return identity ? ok(identity) : refuse('The ticket is unknown, used or expired.');
}
