/**
 * A member of staff, and the customers that they look after.
 * @typedef {{ name: string, customers: readonly string[] }} User
 */

/** `*` is every customer. @type {Map<string, User>} */
const USERS = new Map([
  ['anna', { name: 'Anna', customers: ['1'] }],
  ['ben', { name: 'Ben', customers: ['2'] }],
  ['carla', { name: 'Carla', customers: ['*'] }],
]);

/** The same for everybody: this is a demo, and listens on this machine only. */
const PASSWORD = 'demo';

/** @param {unknown} name @param {unknown} password @returns {User | undefined} */
export function authenticate(name, password) {
  return password === PASSWORD && typeof name === 'string' ? USERS.get(name.toLowerCase()) : undefined;
}

/** @param {User} user @param {string} customer */
export function maySee({ customers }, customer) {
  return customers.includes('*') || customers.includes(customer);
}
