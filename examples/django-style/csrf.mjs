import { randomBytes } from 'node:crypto';
import { HttpError } from '../bookshop/http.mjs';
import { cookieOf, setCookie } from './cookies.mjs';

const COOKIE = 'csrftoken';

/**
 * The header that gives a browser its token, unless it has one.
 * @param {import('node:http').IncomingMessage} request
 * @returns {Record<string, string>}
 */
export function csrfCookie(request) {
  if (cookieOf(request, COOKIE)) return {};
  return { 'set-cookie': setCookie(COOKIE, randomBytes(16).toString('hex'), { isForScripts: true }) };
}

/**
 * Another site can make a browser send a cookie, but cannot read it: only our own page, and Kittiwake, can say it again
 * in a header.
 * @param {import('node:http').IncomingMessage} request
 * @throws {HttpError} 403.
 */
export function checkCsrf(request) {
  const token = cookieOf(request, COOKIE);
  if (!token || request.headers['x-csrftoken'] !== token) {
    throw new HttpError(403, 'The CSRF token is missing or wrong.');
  }
}
