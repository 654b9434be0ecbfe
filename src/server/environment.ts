import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { readEnvironment } from '../config/environment.js';
import { loadSettings } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';

const SETTINGS = 'kittiwake';

/**
 * The settings from the environment of the process, a `.env` file in its folder, and the file that they name. Nothing
 * else reads the environment.
 * @throws {ConfigurationError} when anything in them is wrong.
 */
export async function settingsFromEnvironment(): Promise<Settings> {
  const load = (): Record<string, Settings> => ({ [SETTINGS]: loadSettings(readEnvironment(process.env)) });
  const module = ConfigModule.forRoot({ load: [load], cache: true });
  const context = await NestFactory.createApplicationContext(await module, {
    logger: false,
    abortOnError: false,
  });
  const settings = context.get(ConfigService).getOrThrow<Settings>(SETTINGS);
  await context.close();
  return settings;
}
