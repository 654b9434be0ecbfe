import { isHashedKey } from '../../base/bearer-keys.js';
import type { TextFormat } from './kind.js';

/** Text of any content, the empty one included. */
export const ANY_TEXT: TextFormat = { name: 'text', expected: 'a text', accepts: () => true };

export const FILLED_TEXT: TextFormat = {
  name: 'text',
  expected: 'a text that is not empty',
  accepts: (text) => text !== '',
};

/** A host to listen on. */
export const HOST: TextFormat = {
  name: 'host',
  expected: 'a host name or an address such as 127.0.0.1',
  accepts: (text) => /^[^\s/@]+$/.test(text),
};

/** One node of a Redis cluster, or one sentinel; IPv6 addresses in brackets. */
export const HOST_AND_PORT: TextFormat = {
  name: 'host:port',
  expected: 'a host and port such as redis-1:6379',
  accepts: (text) => {
    const port = Number(/^(?:\[[\da-f:.]+\]|[^\s:/@]+):(\d{1,5})$/i.exec(text)?.[1]);
    return port >= 1 && port <= 65_535;
  },
};

/** The path of the WebSocket endpoint. */
export const ENDPOINT_PATH: TextFormat = {
  name: 'path',
  expected: 'a path such as /ws, or * for every path',
  accepts: (text) => /^(?:\*|\/[^\s?#]*)$/.test(text),
};

/** The path below which procedures are called. */
export const PROCEDURES_PATH: TextFormat = {
  name: 'path',
  expected: 'a path such as /rpc, without a slash at the end',
  accepts: (text) => /^(?:\/[^\s?#/*]+)+$/.test(text),
};

/** The path of an HTTP endpoint, or one above several; in characters that every HTTP platform leaves as they are. */
export const ENDPOINTS_PATH: TextFormat = {
  name: 'path',
  expected: 'a path such as /kittiwake, of letters, digits, - . _ and ~, without a slash at the end',
  accepts: (text) => /^(?:\/[\w.~-]+)+$/.test(text),
};

/** The name of a procedure: it is a part of a path, and `token` below the path of procedures is taken. */
export const PROCEDURE_NAME: TextFormat = {
  name: 'procedure name',
  expected: 'a procedure name such as add or book.find: letters, digits, _ - and . only, and not token',
  accepts: (text) => /^[A-Za-z_][\w.-]*$/.test(text) && text !== 'token',
};

/** A part of a path, and searched for anywhere in a header, where a short one would match by chance. */
export const SERVICE_SECRET: TextFormat = {
  name: 'secret',
  expected: 'a secret of at least 8 characters, without white space, /, ? and #',
  accepts: (text) => /^[^\s/?#]{8,}$/.test(text),
};

/** A parameter of a remote procedure. */
export const PARAMETER: TextFormat = {
  name: 'parameter',
  expected: 'a parameter such as a, a:int, b:str? or *x',
  accepts: (text) => /^\*?[A-Za-z_]\w*(?::(?:int|float|bool|str|bytes))?\??$/.test(text),
};

/** A name that is a part of file names. */
export const WORKER_NAME: TextFormat = {
  name: 'name',
  expected: 'a name of letters, digits, _ and - only',
  accepts: (text) => /^[\w-]+$/.test(text),
};

export const HTTP_URL: TextFormat = {
  name: 'URL',
  expected: 'a URL such as https://id.example.com/jwks.json',
  accepts: (text) => protocolOf(text) === 'http:' || protocolOf(text) === 'https:',
};

/** A URL of the app: over TCP, or over a Unix socket whose percent-encoded path stands for the host. */
export const CALLBACK_URL: TextFormat = {
  name: 'URL',
  expected: 'a URL such as https://api.internal/authorize or http+unix://%2Frun%2Fapi.sock/authorize',
  accepts: (text) => HTTP_URL.accepts(text) || isUnixSocketUrl(text),
};

export const REDIS_URL: TextFormat = {
  name: 'URL',
  expected:
    'a URL such as redis://:password@127.0.0.1:6379/0, rediss://redis.example.com or unix:///run/redis.sock',
  accepts: (text) =>
    /^unix:\/\/(?:[^/?#@]*@)?\/[^?#]+$/.test(text) ||
    (/^rediss?:$/.test(protocolOf(text) ?? '') && new URL(text).hostname !== ''),
};

/** An origin of requests that the gateway makes. */
export const HTTP_ORIGIN: TextFormat = {
  name: 'origin',
  expected: 'an origin such as https://api.example.com, without a path',
  accepts: (text) => HTTP_URL.accepts(text) && new URL(text).origin === text,
};

/** An origin as browsers and app shells send it in the `Origin` header, or `*`. */
export const CLIENT_ORIGIN: TextFormat = {
  name: 'origin',
  expected:
    'an origin such as https://app.example.com, without a path, https://*.example.com for those below a domain, or * for any',
  accepts: (text) => {
    if (text === '*') return true;
    if (text.includes('*')) return isOriginPattern(text);
    if (HTTP_URL.accepts(text)) return HTTP_ORIGIN.accepts(text);
    return /^[a-z][a-z\d+.-]*:\/\/[^\s/?#@]+$/.test(text);
  },
};

/** Whether a pattern is below a domain with one owner: anybody can have a name below `com`, nobody below an address. */
function isOriginPattern(text: string): boolean {
  const [, scheme, domain = ''] = /^(https?:\/\/)\*\.([^*]+)$/.exec(text) ?? [];
  const hasOwner = /^localhost(?::\d+)?$/.test(domain) || /^[^.]+\.[^.\d][^.]*/.test(domain);
  return hasOwner && HTTP_ORIGIN.accepts(`${scheme}${domain}`);
}

/** The part of a topic before its first dot. */
export const SERVICE_NAME: TextFormat = {
  name: 'service name',
  expected: 'a service name: not empty and without a dot',
  accepts: (text) => text !== '' && !text.includes('.'),
};

/** A token of RFC 9110 section 5.6.2. */
export const HEADER_NAME: TextFormat = {
  name: 'header name',
  expected: 'a header name such as X-Api-Version',
  accepts: (text) => /^[\w!#$%&'*+.^`|~-]+$/.test(text),
};

/** A field value of RFC 9110 section 5.5. */
export const HEADER_VALUE: TextFormat = {
  name: 'header value',
  expected: 'a header value: a text of Latin-1 characters on one line',
  accepts: (text) => /^[\t\x20-\x7e\x80-\xff]*$/.test(text),
};

/** Headers that the HTTP client sets itself, or that are for one connection only (RFC 9110 section 7.6.1). */
const OWN_HEADERS =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|content-length|expect)$/i;

/** A header that may be made from a client's handshake. */
export const FORWARDED_HEADER: TextFormat = {
  name: 'header name',
  expected: 'a header name such as X-Session-Token, and none that belongs to the connection itself',
  accepts: (text) => HEADER_NAME.accepts(text) && !OWN_HEADERS.test(text),
};

/** A header value in which parts of a client's handshake are filled in. */
export const HEADER_TEMPLATE: TextFormat = {
  name: 'header template',
  expected: 'a text such as Token {query.token}, with parts in braces from header, query or cookie',
  accepts: (text) =>
    HEADER_VALUE.accepts(text) && !/[{}]/.test(text.replaceAll(/\{(?:header|query|cookie)\.[^\s{}]+\}/g, '')),
};

/** The URL that relative paths are resolved against. */
export const HTTP_FOLDER_URL: TextFormat = {
  name: 'URL',
  expected: 'a URL that ends with a slash, such as http://app/api/',
  accepts: (text) => HTTP_URL.accepts(text) && /^[^?#]*\/$/.test(text),
};

export const RELATIVE_PATH: TextFormat = {
  name: 'path',
  expected: 'a path without a slash before it, such as bootstrap/',
  accepts: (text) => /^[^/\s#:][^\s#]*$/.test(text) && !text.includes('://'),
};

export const AMQP_URL: TextFormat = {
  name: 'URL',
  expected: 'a URL such as amqp://user:password@rabbitmq:5672/ or amqps://rabbitmq.example.com',
  accepts: (text) => /^amqps?:$/.test(protocolOf(text) ?? '') && new URL(text).hostname !== '',
};

/** The path of a file, which may not exist yet. */
export const FILE: TextFormat = {
  name: 'file',
  expected: 'the path of a file',
  accepts: (text) => text !== '',
};

/** The keys in our examples, past and present. */
const KEY_OF_EXAMPLE = /^change-?me|^a-key-of-16-or-more$|demo-only$/i;

/** A key with which services authenticate, sent as a bearer token, so without spaces; or the hash of one. */
export const API_KEY: TextFormat = {
  name: 'key',
  expected:
    'a key of at least 16 letters, digits and signs, without spaces and commas, and not that of an example; or sha256: and the 64 hexadecimal digits of its hash',
  accepts: (text) =>
    text.startsWith('sha256:')
      ? isHashedKey(text)
      : /^[\x21-\x2b\x2d-\x7e]{16,}$/.test(text) && !KEY_OF_EXAMPLE.test(text),
};

const SIGNING_SECRET_PREFIX = 'whsec_';

/** The bytes that a {@link SIGNING_SECRET} stands for. */
export function signingBytesOf(secret: string): Buffer {
  return Buffer.from(secret.slice(SIGNING_SECRET_PREFIX.length), 'base64');
}

/** A secret as Standard Webhooks writes it. */
export const SIGNING_SECRET: TextFormat = {
  name: 'secret',
  expected: 'a secret such as kittiwake key --signing makes: whsec_ and base64',
  accepts: (text) => {
    const bytes = signingBytesOf(text);
    return bytes.length > 0 && text === SIGNING_SECRET_PREFIX + bytes.toString('base64');
  },
};

/** A name in logs and messages. */
export const KEY_NAME: TextFormat = {
  name: 'name',
  expected: 'a name of letters, digits, . _ and -, of at most 64',
  accepts: (text) => /^[\w.-]{1,64}$/.test(text),
};

/** One of some words, in a list of such. */
export function wordOf(words: readonly string[]): TextFormat {
  return {
    name: 'word',
    expected: `one of ${words.join(', ')}`,
    accepts: (text) => words.includes(text),
  };
}

/** A public key or a certificate, as PEM. */
export const PUBLIC_KEY: TextFormat = {
  name: 'PEM',
  expected: 'a public key as PEM, beginning with -----BEGIN PUBLIC KEY-----',
  accepts: (text) => /^\s*-----BEGIN (?:PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----/.test(text),
};

function protocolOf(text: string): string | undefined {
  return URL.canParse(text) ? new URL(text).protocol : undefined;
}

function isUnixSocketUrl(text: string): boolean {
  return protocolOf(text) === 'http+unix:' && /^%2f./i.test(new URL(text).hostname);
}
