/**
 * Everything the environment decides.
 * @typedef {object} Settings
 * @property {string} host What to listen on; `HOST`, default 127.0.0.1.
 * @property {number} port `PORT`, default 8000.
 * @property {string} kittiwakeUrl Where triggers are posted; `GATEWAY_URL`, default http://127.0.0.1:9000.
 * @property {string} webSocketUrl Where the page connects; `GATEWAY_WS_URL`, default ws://127.0.0.1:9000/ws.
 * @property {string} apiKey What triggers are signed with; `GATEWAY_API_KEY`, required.
 */

/**
 * Reads the settings.
 * @param {Record<string, string | undefined>} env
 * @returns {Settings}
 * @throws {Error} without the key.
 */
export function readSettings(env) {
  const apiKey = env['GATEWAY_API_KEY'];
  if (!apiKey)
    throw new Error('GATEWAY_API_KEY is not set: give the key that Kittiwake accepts at /trigger.');
  return {
    host: env['HOST'] ?? '127.0.0.1',
    port: Number(env['PORT'] ?? 8000),
    kittiwakeUrl: env['GATEWAY_URL'] ?? 'http://127.0.0.1:9000',
    webSocketUrl: env['GATEWAY_WS_URL'] ?? 'ws://127.0.0.1:9000/ws',
    apiKey,
  };
}
