import { existsSync } from 'node:fs';
import { ConfigurationError } from '../config/configuration-error.js';
import { readEnvironment } from '../config/loading/environment.js';
import { derivedSettings } from '../config/loading/sources.js';
import { loadSettings } from '../config/loading/load-settings.js';
import { withUsualPort } from '../config/sections/operators/operators.settings.js';
import type { Settings } from '../config/settings.js';

/** Only for a gateway of its own: inside an app, a provider may take the place of `rooms.api`. */
const ROOMS_NEED_API = 'rooms.api: found nothing, expected the section that says where the app is asked';

/**
 * The settings from the environment of the process, a `.env` file in its folder, and the file that they name. Nothing
 * else reads the environment.
 * @throws {ConfigurationError} when anything in them is wrong.
 */
export async function settingsFromEnvironment(): Promise<Settings> {
  if (existsSync('.env')) await addFileToEnvironment();
  return settingsFrom(process.env);
}

/** Loaded only where it has something to do: a command without it takes half of the time to start. */
async function addFileToEnvironment(): Promise<void> {
  const { ConfigModule } = await import('@nestjs/config');
  await ConfigModule.forRoot(); // needs no application
}

/** The settings of a gateway that runs by itself. @throws {ConfigurationError} when anything in them is wrong. */
export function settingsFrom(env: NodeJS.ProcessEnv): Settings {
  const settings = loadSettings(readEnvironment(env));
  if (settings.rooms && !settings.rooms.api) throw new ConfigurationError([ROOMS_NEED_API]);
  return derivedSettings(settings, { operators: withUsualPort(settings.operators) });
}

/** The environment before a `.env` file adds to it: a successor reads that file anew. */
export const GIVEN_ENVIRONMENT: Readonly<NodeJS.ProcessEnv> = { ...process.env };

/** Marks a process that takes over from the one that started it. */
export const SUCCESSOR_MARK = { KITTIWAKE_SUCCESSOR: '1' } as const;

/** Whether this process has the mark, which is removed. */
export function takeSuccessorMark(): boolean {
  const [name] = Object.keys(SUCCESSOR_MARK) as [keyof typeof SUCCESSOR_MARK];
  const isMarked = process.env[name] === SUCCESSOR_MARK[name];
  delete process.env[name];
  return isMarked;
}
