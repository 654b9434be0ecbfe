import { Logger } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { PublishSettings } from '../config/publish.settings.js';
import type { Settings } from '../config/settings.js';

/** The settings of publishing; without an API key, one is made and told. */
export function publishSettings({ publish }: Settings): PublishSettings {
  if (publish.apiKeys.length > 0 || !publish.enabled) return publish;
  const apiKey = randomBytes(24).toString('base64url');
  new Logger('Kittiwake').warn(
    `No API key is configured (publish.apiKeys). Until the next start it is ${apiKey}`,
  );
  return Object.assign(new PublishSettings(), publish, { apiKeys: [apiKey] });
}
