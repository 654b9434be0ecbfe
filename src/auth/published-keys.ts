import { types } from 'node:util';
import { Logger } from '@nestjs/common';
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { CallbackError } from '../protocol/errors.js';
import { limitedFetch } from './limited-fetch.js';

/** Key sets have some kilobytes. */
const MAX_ANSWER_BYTES = 1_048_576;

/** Where an issuer publishes its keys, and how often they are fetched. */
export interface PublishedKeysSettings {
  readonly url: string;
  /** After this long they are fetched again. */
  readonly cacheMaxAgeMs: number;
  /** Tokens with unknown keys cause at most one fetch per this long. */
  readonly cooldownMs: number;
}

/**
 * The keys that an issuer publishes (RFC 7517 section 5): fetched when the first is needed, when they have grown old,
 * and when a token names one that is not among them.
 * @returns what finds the key of a token; throws {@link CallbackError} when they could not be fetched.
 * @throws when the URL is unusable.
 */
export function publishedKeys({ url, cacheMaxAgeMs, cooldownMs }: PublishedKeysSettings): JWTVerifyGetKey {
  const logger = new Logger('PublishedKeys');
  const address = parseAddress(url);
  const find = createRemoteJWKSet(address, {
    cacheMaxAge: cacheMaxAgeMs,
    cooldownDuration: cooldownMs,
    [customFetch]: limitedFetch(MAX_ANSWER_BYTES),
  });
  return async (header, token) => {
    try {
      return await find(header, token);
    } catch (cause) {
      if (isFaultOfToken(cause)) throw cause;
      const message = `the keys at ${address.origin}${address.pathname} could not be fetched: ${describe(cause)}`;
      logger.warn(message);
      throw new CallbackError(message, { cause });
    }
  };
}

function isFaultOfToken(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
}

/** fetch says why it failed only in its cause, and there sometimes only as a code. */
function describe(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  const { message, code = '', cause } = error as Error & { code?: string };
  return [message || code, ...(cause === undefined ? [] : [describe(cause)])].join(': ');
}

/** fetch refuses URLs with a password, and quotes them when it does. */
function parseAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url && isHttp && url.username === '' && url.password === '') return url;
  throw new Error('jwksUrl must be an http or https URL without user and password');
}
