/**
 * The rooms of the desk. A room is an object; two are the same if their keys and values are.
 * @typedef {Record<string, string>} Room
 */

/** Where it is told who is here. @type {Room} */
export const ONLINE_ROOM = { target: 'online' };

/** Where the messages of a customer are told. @param {string} customer @returns {Room} */
export function messageRoom(customer) {
  return { target: 'message', customer };
}

/**
 * The answer to `GET /api/bootstrap/`: the rooms that a user may join. The customer `*` covers all customers, and who
 * subscribes to that very room gets what is triggered for any of them.
 * @param {import('./users.mjs').User} user
 * @returns {Room[]}
 */
export function allowedRooms({ customers }) {
  return [ONLINE_ROOM, ...customers.map(messageRoom)];
}
