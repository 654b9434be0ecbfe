import { types } from 'node:util';
import { Logger } from '@nestjs/common';
import {
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWTHeaderParameters,
  type JWTVerifyGetKey,
} from 'jose';
import { monotonicMs } from '../../base/monotonic-ms.js';
import type { JwtSettings } from '../../config/sections/auth/jwt.settings.js';
import { CallbackError } from '../../protocol/errors.js';
import { limitedFetch } from './limited-fetch.js';

/** Key sets have some kilobytes. */
const MAX_ANSWER_BYTES = 1_048_576;
const TIMEOUT_MS = 5_000;

type KeyAges = Pick<JwtSettings, 'jwksCacheMaxAgeMs' | 'jwksCooldownMs' | 'jwksStaleIfErrorMs'>;

/**
 * The keys that an issuer publishes (RFC 7517 section 5): fetched when the first is needed, when they have grown old,
 * and when a token names one that is not among them; once for all who ask meanwhile.
 */
export class PublishedKeys {
  private readonly logger = new Logger('Tokens');
  private readonly address: URL;
  private readonly fetch = limitedFetch(MAX_ANSWER_BYTES);
  private find: JWTVerifyGetKey | undefined;
  private fetchedMs = -Infinity;
  private attemptedMs = -Infinity;
  private fetching: Promise<void> | undefined;
  /** The error of the last fetch, if it failed. */
  private fault: CallbackError | undefined;

  /** @throws when the URL is unusable. */
  constructor(
    url: string,
    private readonly settings: KeyAges,
  ) {
    this.address = parseAddress(url);
  }

  /**
   * The key of a token.
   * @throws {CallbackError} when the keys could not be fetched, and those fetched before are too old or lack this one.
   */
  async keyOf(
    header: JWTHeaderParameters,
    token: FlattenedJWSInput,
  ): Promise<Awaited<ReturnType<JWTVerifyGetKey>>> {
    const find = await this.current();
    try {
      return await find(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw this.failure(error);
      if (this.find === find && this.mayFetch) await this.refresh();
      if (this.fault) throw this.fault;
      if (!this.find || this.find === find) throw error;
      return this.find(header, token);
    }
  }

  private async current(): Promise<JWTVerifyGetKey> {
    const { jwksCacheMaxAgeMs, jwksStaleIfErrorMs } = this.settings;
    if (this.ageMs >= jwksCacheMaxAgeMs && (!this.fault || this.mayFetch)) await this.refresh();
    const isUsable = this.ageMs < jwksCacheMaxAgeMs + (this.fault ? jwksStaleIfErrorMs : 0);
    if (this.find && (isUsable || !this.fault)) return this.find;
    throw this.fault ?? new CallbackError('there are no keys');
  }

  private get ageMs(): number {
    return monotonicMs() - this.fetchedMs;
  }

  private get mayFetch(): boolean {
    return this.fetching !== undefined || monotonicMs() - this.attemptedMs >= this.settings.jwksCooldownMs;
  }

  /** Never rejects: a failure is left in `fault`. */
  private refresh(): Promise<void> {
    this.fetching ??= this.fetchKeys().finally(() => (this.fetching = undefined));
    return this.fetching;
  }

  private async fetchKeys(): Promise<void> {
    this.attemptedMs = monotonicMs();
    try {
      this.find = createLocalJWKSet(await this.published());
      this.fetchedMs = monotonicMs();
      this.fault = undefined;
    } catch (cause) {
      this.fault = this.failure(cause);
    }
  }

  private failure(cause: unknown): CallbackError {
    const { origin, pathname } = this.address;
    const message = `the keys at ${origin}${pathname} could not be fetched: ${describe(cause)}`;
    this.logger.warn(message);
    return new CallbackError(message, { cause });
  }

  private async published(): Promise<JSONWebKeySet> {
    const response = await this.fetch(this.address, {
      headers: { accept: 'application/json, application/jwk-set+json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status !== 200) throw new Error(`status ${response.status}`);
    return (await response.json()) as JSONWebKeySet; // createLocalJWKSet checks it
  }
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
