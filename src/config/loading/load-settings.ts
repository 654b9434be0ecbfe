import { ConfigurationError } from '../configuration-error.js';
import { Settings } from '../settings.js';
import { loadedFrom } from './sources.js';
import { loadSection } from './load-section.js';

/**
 * Turns options into settings: defaults for what is not set, durations and sizes as numbers, everything checked.
 * @param options in the shape of `KittiwakeOptions`: from `forRoot`, or from `readEnvironment`.
 * @throws {ConfigurationError} when anything is wrong; it lists all of it.
 */
export function loadSettings(options: unknown): Settings {
  const problems: string[] = [];
  const settings = loadSection(Settings, options ?? {}, '', problems);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return loadedFrom(settings, options);
}
