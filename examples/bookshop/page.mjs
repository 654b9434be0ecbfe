import { readFile, readdir } from 'node:fs/promises';

const FOLDER = new URL('public/', import.meta.url);
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
/** @type {Record<string, string>} */
const TYPES = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

/**
 * The page and what it loads, read once: only what is in the folder now can ever be asked for. By path.
 * @param {import('./settings.mjs').Settings} settings
 */
export async function loadPage(settings) {
  const headers = {
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
  // The client comes from the gateway, which has the one that goes with it.
  const client = new URL('/kittiwake/client.js', settings.webSocketUrl.replace(/^ws/, 'http'));
  const policy = [
    "default-src 'none'",
    `script-src 'self' ${client.origin}`,
    "style-src 'self'",
    'img-src data:',
    `connect-src 'self' ${new URL(settings.webSocketUrl).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  /** @type {Map<string, import('./routes.mjs').Handler>} */
  const page = new Map();
  for (const file of await readdir(FOLDER)) {
    const bytes = await readFile(new URL(file, FOLDER));
    const content = file === 'index.html' ? withGateway(bytes, settings.webSocketUrl) : bytes;
    const type = TYPES[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    const path = file === 'index.html' ? '/' : `/${file}`;
    page.set(path, async (request, response) => {
      const elsewhere = path === '/' && rightAddress(request.headers.host, settings.origin);
      if (elsewhere) {
        response.writeHead(307, { location: elsewhere, 'cache-control': 'no-store' }).end();
        return;
      }
      response
        .writeHead(200, { ...headers, 'content-type': type, 'content-security-policy': policy })
        .end(content);
    });
  }
  page.set('/client.js', async (_, response) => {
    response.writeHead(307, { location: client.href, 'cache-control': 'no-cache' }).end();
  });
  return page;
}

/** @param {Buffer} html @param {string} url */
function withGateway(html, url) {
  return html.toString().replace('GATEWAY_WS_URL', url.replaceAll('&', '&amp;').replaceAll('"', '&quot;'));
}

/**
 * Kittiwake allows one origin, and a browser takes http://localhost and http://127.0.0.1 for two: who opens the page
 * under the other name is sent on.
 * @param {string | undefined} host
 * @param {URL | undefined} origin
 */
function rightAddress(host, origin) {
  if (!host || !origin || host === origin.host || !URL.canParse(`http://${host}`)) return undefined;
  const { hostname } = new URL(`http://${host}`);
  return LOOPBACK.includes(hostname) && LOOPBACK.includes(origin.hostname) ? `${origin.origin}/` : undefined;
}
