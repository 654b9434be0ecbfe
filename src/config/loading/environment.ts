import { ConfigurationError } from '../configuration-error.js';
import { isRecord } from '../kinds/record.js';
import { section } from '../kinds/section.kind.js';
import { Settings } from '../settings.js';
import { readConfigurationFile } from './configuration-file.js';
import { interpolate } from './interpolate.js';
import { movedHint } from './moved-settings.js';
import { nearest } from './nearest.js';
import { valueProblems } from './refusals.js';
import { placedSettings, type PlacedSetting } from './schema.js';
import { type Source, sourcesInFile, withSources } from './sources.js';
import { isServiceLink } from './service-link.js';

/** The variable that names the YAML file. */
export const CONFIG_FILE_VARIABLE = 'KITTIWAKE_CONFIG';

const PREFIX = 'KITTIWAKE_';

/**
 * Gathers the configuration of a gateway that runs by itself: the YAML file that `KITTIWAKE_CONFIG` names, with
 * `${VAR}` replaced, and over it what `KITTIWAKE_*` variables set. Empty variables count as not set.
 * @returns options for `loadSettings`, which checks them.
 * @throws {ConfigurationError} for a file that cannot be read, a variable that is unknown, that is missing for
 * `${VAR}`, or whose text its setting cannot have.
 */
export function readEnvironment(env: NodeJS.ProcessEnv): unknown {
  const problems: string[] = [];
  const variables = ownVariables(env);
  const settings = new Map(placedSettings().flatMap((placed) => (placed.env ? [[placed.env, placed]] : [])));
  const file = variables.get(CONFIG_FILE_VARIABLE);
  variables.delete(CONFIG_FILE_VARIABLE);
  let options: unknown = {};
  const sources = new Map<string, Source>();
  if (file !== undefined) {
    const input = readConfigurationFile(file);
    for (const [path, source] of sourcesInFile(input, file)) sources.set(path, source);
    options = interpolate(input, section(Settings), { env, problems });
  }
  for (const [name, text] of variables) {
    const placed = settings.get(name);
    if (placed === undefined) problems.push(unknownVariable(name, settings.keys()));
    else {
      options = override(options, placed.path, readVariable(name, text, placed, problems));
      sources.set(placed.path.join('.'), { kind: 'variable', name });
    }
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return isRecord(options) ? withSources(options, sources) : options;
}

function ownVariables(env: NodeJS.ProcessEnv): Map<string, string> {
  return new Map(
    Object.entries(env).flatMap(([name, text]) =>
      text && name.startsWith(PREFIX) && !isServiceLink(name, text) ? [[name, text]] : [],
    ),
  );
}

/** Null in the file is a section left empty. A value that is no section is left for `loadSettings` to refuse. */
function override(options: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const section = options ?? {};
  return isRecord(section) ? { ...section, [key]: override(section[key], rest, value) } : section;
}

function readVariable(
  name: string,
  text: string,
  { of, setting }: PlacedSetting,
  problems: string[],
): unknown {
  const input = 'fromText' in setting.kind ? setting.kind.fromText?.(text) : text;
  problems.push(...valueProblems(of, setting, input, name));
  return input;
}

function unknownVariable(name: string, known: Iterable<string>): string {
  const moved = movedHint(name);
  if (moved !== undefined) return `${name}: ${moved}`;
  const names = [...known, CONFIG_FILE_VARIABLE].map(withoutPrefix);
  const meant = endingLike(withoutPrefix(name), names) ?? nearest(withoutPrefix(name), names);
  const remedy =
    meant === undefined
      ? 'expected one of those in docs/configuration.md (services and headers are set in the file)'
      : `did you mean ${PREFIX}${meant}?`;
  return `${name}: unknown variable, ${remedy}`;
}

/** The common prefix would make any two names seem near. */
function withoutPrefix(name: string): string {
  return name.slice(PREFIX.length);
}

/** Takes `API_KEY` as short for `PUBLISH_API_KEYS`, if no other name ends like it. */
function endingLike(rest: string, names: readonly string[]): string | undefined {
  const candidates = names.filter((name) => name.endsWith(`_${rest}`) || name.endsWith(`_${rest}S`));
  return candidates.length === 1 ? candidates[0] : undefined;
}
