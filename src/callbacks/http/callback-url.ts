import { unescape } from 'node:querystring';

/** The parts of a URL of the app: over TCP, or over a Unix socket, `http+unix://%2Frun%2Fapi.sock/path`. */
export interface CallbackUrl {
  /** The common part of all URLs of one server: protocol, host and port, or the path of the socket. */
  readonly origin: string;
  /** The path of the Unix socket, if it is one. */
  readonly socketPath: string | undefined;
  /** Path and query. */
  readonly path: string;
  /** The `Authorization` header that user and password of the URL make (RFC 7617). */
  readonly authorization: string | undefined;
  /** The URL without user, password and fragment. */
  readonly href: string;
  /** The URL as it may be logged; see {@link scrubUrl}. */
  readonly scrubbed: string;
}

/** @param base the URL that a relative one refers to. @returns `undefined` for a URL that is no address of the app. */
export function parseCallbackUrl(text: string, base?: CallbackUrl): CallbackUrl | undefined {
  if (!URL.canParse(text, base?.href)) return undefined;
  const url = new URL(text, base?.href);
  const authorization = basicAuthorization(url);
  removeSecrets(url);
  const origin = originOf(url);
  if (origin === undefined) return undefined;
  const socketPath = isUnix(url) ? unescape(url.hostname) : undefined;
  const path = `${url.pathname || '/'}${url.search}`;
  return { origin, socketPath, path, authorization, href: url.href, scrubbed: scrubUrl(url.href) };
}

/** A URL as it may be logged: without user, password and fragment, its query, which may hold a key, as `…`. */
export function scrubUrl(text: string): string {
  if (!URL.canParse(text)) return '(not a URL)';
  const url = new URL(text);
  removeSecrets(url);
  if (url.search === '') return url.href;
  url.search = '';
  return `${url.href}?…`;
}

function removeSecrets(url: URL): void {
  url.username = '';
  url.password = '';
  url.hash = '';
}

function originOf(url: URL): string | undefined {
  if (url.hostname === '') return undefined;
  if (isUnix(url)) return `http+unix://${encodeURIComponent(unescape(url.hostname))}`;
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.origin : undefined;
}

function isUnix(url: URL): boolean {
  return url.protocol === 'http+unix:';
}

function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  return `Basic ${Buffer.from(`${unescape(username)}:${unescape(password)}`).toString('base64')}`;
}
