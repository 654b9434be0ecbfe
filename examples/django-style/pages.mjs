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
  ['/style.css', 'style.css', 'text/css; charset=utf-8'],
];

/**
 * The two pages and what they load. A page brings the CSRF token along, and knows where Kittiwake is.
 * @param {string} gatewayUrl of its WebSockets.
 * @returns {Promise<[method: string, path: RegExp, view: import('./views.mjs').View][]>}
 */
export async function pagesOf(gatewayUrl) {
  // The client comes from the gateway, which has the one that goes with it.
  const client = new URL('/kittiwake/client.js', gatewayUrl.replace(/^ws/, 'http'));
  const policy = `default-src 'self'; img-src data:; connect-src 'self' ${new URL(gatewayUrl).origin}; script-src 'self' ${client.origin}; frame-ancestors 'none'`;
  /** @type {import('./views.mjs').View} */
  const redirect = (_, response) =>
    void response.writeHead(307, { location: client.href, 'cache-control': 'no-cache' }).end();
  const pages = await Promise.all(
    FILES.map(async ([path, file, type]) => {
      const text = (await readFile(new URL(file, FOLDER), 'utf8')).replace('{{ gateway_url }}', gatewayUrl);
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
      return /** @type {[string, RegExp, import('./views.mjs').View]} */ ([
        'GET',
        new RegExp(`^${path.replaceAll('.', '\\.')}$`),
        view,
      ]);
    }),
  );
  return [...pages, ['GET', /^\/client\.js$/, redirect]];
}
