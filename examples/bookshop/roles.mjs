/** `editor` may change books, `viewer` may look at them, `none` may not come in. */
export const ROLES = /** @type {const} */ (['editor', 'viewer', 'none']);

/** @typedef {typeof ROLES[number]} Role */

const MAX_ROLES = 1000;

/** What each person may do. Kittiwake asks again every `authorizationRenewalPeriod`, and so learns of a change. */
export class Roles {
  /** @type {Map<string, Role>} */
  #roles = new Map();

  /** @param {unknown} userId @returns {Role} */
  of(userId) {
    return (typeof userId === 'string' && this.#roles.get(userId)) || 'editor';
  }

  /** @param {string} userId @param {Role} role */
  set(userId, role) {
    this.#roles.delete(userId);
    if (role !== 'editor') this.#roles.set(userId, role);
    const [oldest] = this.#roles.keys();
    if (this.#roles.size > MAX_ROLES && oldest !== undefined) this.#roles.delete(oldest);
  }
}

/** @param {unknown} value @returns {value is Role} */
export function isRole(value) {
  return ROLES.some((role) => role === value);
}
