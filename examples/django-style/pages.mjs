import { readFile } from 'node:fs/promises';
import { csrfCookie } from './csrf.mjs';

const FOLDER = new URL('public/', import.meta.url);
const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
/** Path, file, type. */
const FILES = [
  ['/', 'index.html', HTML],
  ['/login/', 'login.html', HTML],
  ['/api.js', 'api.js', SCRIPT],
  ['/desk.js', 'desk.js', SCRIPT],
  ['/login.js', 'login.js', SCRIPT],
  ['/rooms-socket.js', 'rooms-socket.js', SCRIPT],
  ['/style.css', 'style.css', 'text/css; charset=utf-8'],
];

/**
 * The two pages and what they load. A page brings the CSRF token along, and knows where the rooms are.
 * @param {string} roomsUrl
 * @returns {Promise<[method: string, path: RegExp, view: import('./views.mjs').View][]>}
 */
export async function pagesOf(roomsUrl) {
  const policy = `default-src 'self'; img-src data:; connect-src 'self' ${new URL(roomsUrl).origin}; frame-ancestors 'none'`;
  return Promise.all(
    FILES.map(async ([path, file, type]) => {
      const text = (await readFile(new URL(file, FOLDER), 'utf8')).replace('{{ rooms_url }}', roomsUrl);
      /** @type {import('./views.mjs').View} */
      const view = (request, response) => {
        response
          .writeHead(200, {
            'content-type': type,
            'cache-control': 'no-cache',
            'content-security-policy': policy,
            ...(type === HTML && csrfCookie(request)),
          })
          .end(text);
      };
      return ['GET', new RegExp(`^${path.replaceAll('.', '\\.')}$`), view];
    }),
  );
}
