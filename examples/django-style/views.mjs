import { HttpError, readJson, sendJson } from '../bookshop/http.mjs';
import { checkCsrf } from './csrf.mjs';
import { allowedRooms, messageRoom } from './rooms.mjs';
import { authenticate, maySee } from './users.mjs';

const MAX_BODY_BYTES = 16 * 1024;
const MAX_TEXT_LENGTH = 1000;

/**
 * @typedef {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse, id: string) => Promise<void> | void} View The last one is given what a group in the path matched.
 */

/**
 * The API of the desk, by method and path. Every POST needs the CSRF token.
 * @param {object} desk
 * @param {import('./sessions.mjs').Sessions} desk.sessions
 * @param {import('./online.mjs').Online} desk.online
 * @param {(rooms: import('./rooms.mjs').Room[], data: unknown) => Promise<void>} desk.trigger
 * @returns {[method: string, path: RegExp, view: View][]}
 */
export function apiOf({ sessions, online, trigger }) {
  /** @param {View} view @returns {View} */
  const post = (view) => (request, response, id) => {
    checkCsrf(request);
    return view(request, response, id);
  };

  /** @type {View} */
  const login = async (request, response) => {
    const { name, password } = await readJson(request, MAX_BODY_BYTES);
    const user = authenticate(name, password);
    if (!user) throw new HttpError(403, 'There is no such user, or the password is wrong.');
    sendJson(response, 200, { name: user.name }, { 'set-cookie': sessions.begin(user) });
  };

  /** @type {View} */
  const logout = (request, response) => {
    sessions.end(request);
    sendJson(response, 200, {});
  };

  /** Kittiwake asks: which rooms may this visitor join? Any status but 200 refuses. @type {View} */
  const bootstrap = (request, response) =>
    sendJson(response, 200, { allowed_rooms: allowedRooms(sessions.userOf(request)) });

  /** Kittiwake says that a page has come. @type {View} */
  const notifyOnline = (request, response) => {
    online.came(pageIdOf(request), sessions.userOf(request).name);
    sendJson(response, 200, {});
  };

  /** Kittiwake says that a page has gone; whoever signed out meanwhile has gone, too. @type {View} */
  const notifyOffline = (request, response) => {
    online.left(pageIdOf(request));
    sendJson(response, 200, {});
  };

  /** @type {View} */
  const postMessage = async (request, response, customer) => {
    const user = sessions.userOf(request);
    if (!maySee(user, customer)) throw new HttpError(403, 'This is not your customer.');
    const { text } = await readJson(request, MAX_BODY_BYTES);
    if (typeof text !== 'string' || text === '' || text.length > MAX_TEXT_LENGTH)
      throw new HttpError(400, `The text must have 1 to ${MAX_TEXT_LENGTH} characters.`);
    await trigger([messageRoom(customer)], { customer, from: user.name, text });
    sendJson(response, 201, {});
  };

  return [
    ['POST', /^\/api\/login\/$/, post(login)],
    ['POST', /^\/api\/logout\/$/, post(logout)],
    ['GET', /^\/api\/bootstrap\/$/, bootstrap],
    ['POST', /^\/api\/user\/notify_online\/$/, post(notifyOnline)],
    ['POST', /^\/api\/user\/notify_offline\/$/, post(notifyOffline)],
    [
      'GET',
      /^\/api\/online\/$/,
      (request, response) => {
        sessions.userOf(request);
        sendJson(response, 200, { online: online.list() });
      },
    ],
    ['POST', /^\/api\/customers\/(\w+)\/messages\/$/, post(postMessage)],
  ];
}

/** What the page calls itself; see `headers` in kittiwake.yaml. @param {import('node:http').IncomingMessage} request */
function pageIdOf({ headers }) {
  const id = headers['x-page-id'];
  if (typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id)) throw new HttpError(400, 'X-Page-Id is missing.');
  return id;
}
