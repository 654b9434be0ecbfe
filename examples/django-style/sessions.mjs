import { randomBytes } from 'node:crypto';
import { HttpError } from '../bookshop/http.mjs';
import { cookieOf, setCookie } from './cookies.mjs';

const COOKIE = 'sessionid';

/** Who is signed in, in memory, by a cookie that only the server can read. */
export class Sessions {
  /** @type {Map<string, import('./users.mjs').User>} */
  #users = new Map();

  /** @param {import('./users.mjs').User} user @returns {string} the cookie to answer with. */
  begin(user) {
    const id = randomBytes(24).toString('base64url');
    this.#users.set(id, user);
    return setCookie(COOKIE, id);
  }

  /** @param {import('node:http').IncomingMessage} request */
  end(request) {
    this.#users.delete(cookieOf(request, COOKIE) ?? '');
  }

  /**
   * Who sent a request. It may come from the browser or from Kittiwake, which forwards the browser's cookies.
   * @param {import('node:http').IncomingMessage} request
   * @throws {HttpError} 403 for a visitor who is not signed in.
   */
  userOf(request) {
    const user = this.#users.get(cookieOf(request, COOKIE) ?? '');
    if (!user) throw new HttpError(403, 'Sign in first.');
    return user;
  }
}
