import { messageOf } from '../../base/message-of.js';
import { ConfigurationError } from '../../config/configuration-error.js';
import type { Settings } from '../../config/settings.js';
import { appCheck } from './app.check.js';
import { certificateCheck } from './certificate.check.js';
import { type Check, type Finding, ok, problem } from './finding.js';
import { machineCheck } from './machine.check.js';
import { originsCheck } from './origins.check.js';
import { portsCheck } from './ports.check.js';
import { publishedKeysCheck } from './published-keys.check.js';
import { rabbitMqCheck } from './rabbitmq.check.js';
import { redisCheck } from './redis.check.js';

/** The time for everything together: what has not answered by then does not. */
const DEADLINE_MS = 8_000;

const CHECKS: Readonly<Record<string, Check>> = {
  server: portsCheck,
  'server.tls': certificateCheck,
  'limits.connections': machineCheck,
  origins: originsCheck,
  'auth.jwt.jwksUrl': publishedKeysCheck,
  broker: redisCheck,
  'rooms.rabbitmq': rabbitMqCheck,
  callbacks: appCheck,
};

/** Tries what the configuration names, all at once. @param load the settings. */
export async function examine(load: () => Promise<Settings>): Promise<readonly Finding[]> {
  try {
    const settings = await load();
    const { checkSettings } = await import('../../server/check-settings.js');
    const warnings = checkSettings(settings).map((says): Finding => ({
      state: 'warning',
      about: 'configuration',
      says,
    }));
    const configuration =
      warnings.length > 0 ? warnings : [ok('configuration', 'it loads, and its files are there')];
    return [...configuration, ...(await tried(settings))];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems.map((says) => problem('configuration', says));
  }
}

async function tried(settings: Settings): Promise<readonly Finding[]> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const running = Object.entries(CHECKS).map(async ([about, check]) => {
    try {
      return await check(settings, signal);
    } catch (error) {
      return [problem(about, messageOf(error))];
    }
  });
  return (await Promise.all(running)).flat();
}
