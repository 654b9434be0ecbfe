import { Logger } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { PublishSettings } from '../config/sections/publish.settings.js';
import type { Settings } from '../config/settings.js';

/**
 * The settings of publishing; without an API key, one is made. It is told on the terminal, if standard error is one, and
 * never in the log, which others read and which is kept.
 */
export function publishSettings({ publish }: Settings): PublishSettings {
  if (publish.apiKeys.length > 0 || !publish.enabled) return publish;
  const apiKey = randomBytes(24).toString('base64url');
  const isTold = process.stderr.isTTY;
  if (isTold) process.stderr.write(`Until the next start the API key is ${apiKey}\n`);
  new Logger('Kittiwake').warn(
    `No API key is configured (publish.apiKeys). Until the next start it is a random one, ${isTold ? 'told on the terminal' : 'which nobody knows'}`,
  );
  return Object.assign(new PublishSettings(), publish, { apiKeys: [apiKey] });
}
