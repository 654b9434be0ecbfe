/**
 * Everything the environment decides.
 * @typedef {object} Settings
 * @property {string} host What to listen on; `HOST`, default 127.0.0.1.
 * @property {number} port `PORT`, default 8000; 0 takes a free one.
 * @property {string} kittiwakeUrl Where publications are posted; `GATEWAY_URL`, default http://127.0.0.1:9000.
 * @property {string} webSocketUrl Where the page connects; `GATEWAY_WS_URL`, default ws://127.0.0.1:9000/ws.
 * @property {string} apiKey What publications are signed with; `GATEWAY_API_KEY`, required.
 * @property {string | undefined} callbackPassword `BOOKSHOP_CALLBACK_PASSWORD`; without it, callbacks are open.
 * @property {URL | undefined} origin Where people open the page; `BOOKSHOP_ORIGIN`, the origin that Kittiwake allows.
 */

/**
 * Reads the settings. What is wrong stops the start, with a line that says what to set.
 * @param {Record<string, string | undefined>} env
 * @returns {Settings}
 */
export function readSettings(env) {
  const port = Number(env['PORT'] ?? 8000);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    stop(`PORT must be 0 to 65535, not "${env['PORT']}".`);
  const apiKey = env['GATEWAY_API_KEY'];
  if (!apiKey) return stop('GATEWAY_API_KEY is not set: give the key that Kittiwake accepts at /publish.');
  return {
    host: env['HOST'] ?? '127.0.0.1',
    port,
    kittiwakeUrl: urlOf('GATEWAY_URL', env['GATEWAY_URL'] ?? 'http://127.0.0.1:9000').href,
    webSocketUrl: urlOf('GATEWAY_WS_URL', env['GATEWAY_WS_URL'] ?? 'ws://127.0.0.1:9000/ws').href,
    apiKey,
    callbackPassword: env['BOOKSHOP_CALLBACK_PASSWORD'] || undefined,
    origin: env['BOOKSHOP_ORIGIN'] ? urlOf('BOOKSHOP_ORIGIN', env['BOOKSHOP_ORIGIN']) : undefined,
  };
}

/** @param {string} name @param {string} value */
function urlOf(name, value) {
  return URL.canParse(value) ? new URL(value) : stop(`${name} must be a URL, not "${value}".`);
}

/** @param {string} message @returns {never} */
function stop(message) {
  console.error(`The bookshop cannot start. ${message}`);
  process.exit(1);
}
