/** An answer other than success: the status, and what is told in `{"error": …}`. */
export class HttpError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   * @param {Record<string, string>} [headers]
   * @param {ErrorOptions} [options]
   */
  constructor(status, message, headers = {}, options) {
    super(message, options);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * The JSON object that a request carries.
 * @param {import('node:http').IncomingMessage} request
 * @param {number} maxBytes
 * @returns {Promise<Record<string, unknown>>}
 * @throws {HttpError} 413, 415 or 400.
 */
export async function readJson(request, maxBytes) {
  // Asking for this type also keeps other sites out: a browser does not send it across origins without permission.
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new HttpError(415, 'The content type must be application/json.');
  }
  const body = await readBody(request, maxBytes);
  let value;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw new HttpError(400, 'The body is not JSON.', {}, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HttpError(400, 'The body must be a JSON object.');
  }
  return value;
}

/** @param {import('node:http').IncomingMessage} request @param {number} maxBytes */
async function readBody(request, maxBytes) {
  const chunks = [];
  let bytes = 0;
  // Leaving the loop early would otherwise destroy the socket, and with it the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw new HttpError(413, `The body is larger than ${maxBytes} bytes.`, { connection: 'close' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} status
 * @param {unknown} value
 * @param {Record<string, string>} [headers]
 */
export function sendJson(response, status, value, headers = {}) {
  const body = `${JSON.stringify(value)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(body);
}
