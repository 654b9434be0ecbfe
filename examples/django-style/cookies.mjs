/**
 * A cookie of a request.
 * @param {import('node:http').IncomingMessage} request
 * @param {string} name
 * @returns {string | undefined}
 */
export function cookieOf({ headers }, name) {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

/**
 * A cookie for an answer. `SameSite=Lax` lets it come with requests and WebSockets of the same site only, whatever the
 * port; over TLS it would be `Secure` too.
 * @param {string} name
 * @param {string} value
 * @param {{ isForScripts?: boolean }} [options] Whether the page may read it.
 */
export function setCookie(name, value, { isForScripts = false } = {}) {
  return `${name}=${value}; Path=/; SameSite=Lax${isForScripts ? '' : '; HttpOnly'}`;
}
