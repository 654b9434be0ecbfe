import { Injectable, Logger } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { BearerKeys } from '../base/bearer-keys.js';
import { PublishSettings } from '../config/sections/publish.settings.js';
import { ApiKey } from './api-key.js';

/** The body of the 401 for a request without a valid key. */
export const KEY_REQUIRED = { status: 'error', error: 'a valid API key is required' } as const;

/** The keys with which services publish: `Authorization: Bearer <key>`. Without a configured one, a random one. */
@Injectable()
export class ApiKeys {
  private readonly keys: BearerKeys<ApiKey>;

  constructor(settings: PublishSettings) {
    const named = [...settings.keys].map(([name, one]) => [one.key, new ApiKey(name, one)] as const);
    this.keys = new BearerKeys([...named, ...apiKeysOf(settings).map((key) => [key, ApiKey.full] as const)]);
  }

  /** The key of a request with this header; `undefined` where there is no valid one. */
  find(authorization: string | undefined): ApiKey | undefined {
    return this.keys.find(authorization);
  }
}

/** The configured keys that may do everything; a new one, where there are no others either. */
export function apiKeysOf({ apiKeys, keys, enabled }: PublishSettings): readonly string[] {
  return apiKeys.length > 0 || keys.size > 0 || !enabled ? apiKeys : [randomKey()];
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
