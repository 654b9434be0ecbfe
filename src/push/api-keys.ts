import { Injectable, Logger } from '@nestjs/common';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { PublishSettings } from '../config/sections/publish.settings.js';

/** The body of the 401 for a request without a valid key. */
export const KEY_REQUIRED = { status: 'error', error: 'a valid API key is required' } as const;

/** The keys with which services publish: `Authorization: Bearer <key>`. Without a configured one, a random one. */
@Injectable()
export class ApiKeys {
  private readonly keys: readonly Buffer[];

  constructor(settings: PublishSettings) {
    this.keys = apiKeysOf(settings).map((key) => Buffer.from(key));
  }

  /** Whether a request with this header may publish. */
  admits(authorization: string | undefined): boolean {
    const token = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    return token !== undefined && this.isValid(Buffer.from(token));
  }

  /** Every key is compared, in constant time: how long it takes tells nothing but the lengths. */
  private isValid(given: Buffer): boolean {
    let isValid = false;
    for (const key of this.keys)
      isValid = (key.length === given.length && timingSafeEqual(key, given)) || isValid;
    return isValid;
  }
}

/** The configured keys; without any, a new one. */
export function apiKeysOf({ apiKeys, enabled }: PublishSettings): readonly string[] {
  return apiKeys.length > 0 || !enabled ? apiKeys : [randomKey()];
}

/** Makes a key. Tells it on the terminal, if standard error is one, but never in the log, which others read. */
function randomKey(): string {
  const apiKey = randomBytes(24).toString('base64url');
  const isTold = process.stderr.isTTY;
  if (isTold) process.stderr.write(`Until the next start the API key is ${apiKey}\n`);
  new Logger('Kittiwake').warn(
    `No API key is configured (publish.apiKeys). Until the next start it is a random one, ${isTold ? 'told on the terminal' : 'which nobody knows'}`,
  );
  return apiKey;
}
