import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { ConfigurationError } from '../config/configuration-error.js';
import { readEnvironment } from '../config/environment.js';
import { loadSettings } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';

const SETTINGS = 'kittiwake';
/** Inside an app, a provider may answer instead. */
const ROOMS_NEED_API = 'rooms.api: found nothing, expected the section that says where the app is asked';

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
  if (settings.rooms && !settings.rooms.api) throw new ConfigurationError([ROOMS_NEED_API]);
  return settings;
}

/** The environment that the process was given: what a `.env` file adds later is read anew by whoever comes after it. */
export const GIVEN_ENVIRONMENT: Readonly<NodeJS.ProcessEnv> = { ...process.env };

/** Marks a process that takes over from the one that started it. */
export const SUCCESSOR_MARK = { KITTIWAKE_SUCCESSOR: '1' } as const;

/** Whether this process has the mark, which it has no more then. */
export function takeSuccessorMark(): boolean {
  const [name] = Object.keys(SUCCESSOR_MARK) as [keyof typeof SUCCESSOR_MARK];
  const isMarked = process.env[name] === SUCCESSOR_MARK[name];
  delete process.env[name];
  return isMarked;
}
