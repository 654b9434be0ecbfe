import { Injectable } from '@nestjs/common';
import { timingSafeEqual } from 'node:crypto';
import { PublishSettings } from '../config/sections/publish.settings.js';

/** The body of the 401 for a request without a valid key. */
export const KEY_REQUIRED = { status: 'error', error: 'a valid API key is required' } as const;

/** The keys with which services publish: `Authorization: Bearer <key>`. */
@Injectable()
export class ApiKeys {
  private readonly keys: readonly Buffer[];

  constructor({ apiKeys }: PublishSettings) {
    this.keys = apiKeys.map((key) => Buffer.from(key));
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
