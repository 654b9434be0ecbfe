import { readFileSync } from 'node:fs';
import { messageOf } from '../../base/message-of.js';
import { ConfigurationError } from '../configuration-error.js';
import { isSectionKind, type SectionClass } from '../kinds/kind.js';
import { joinPath } from '../kinds/problem.js';
import { settingsOf, type SettingField } from '../kinds/setting.decorator.js';
import { Settings } from '../settings.js';

/** A line for each file that a setting needs at the start, and that cannot be read. */
export function fileProblems(settings: Settings): string[] {
  return problemsIn(Settings, settings, '');
}

/** @throws {ConfigurationError} when {@link fileProblems} finds any. */
export function requireFiles(settings: Settings): void {
  const problems = fileProblems(settings);
  if (problems.length > 0) throw new ConfigurationError(problems);
}

function problemsIn(of: SectionClass, section: object, path: string): string[] {
  return settingsOf(of).flatMap((setting) => problemsOf(setting, Reflect.get(section, setting.field), path));
}

function problemsOf({ kind, key, isRead = false }: SettingField, value: unknown, path: string): string[] {
  const place = joinPath(path, key);
  if (isSectionKind(kind)) {
    const isOne = kind.names === undefined && typeof value === 'object' && value !== null;
    return isOne ? problemsIn(kind.of, value, place) : [];
  }
  return isRead && typeof value === 'string' ? unreadable(place, value) : [];
}

function unreadable(place: string, path: string): string[] {
  try {
    readFileSync(path);
    return [];
  } catch (error) {
    return [`${place}: the file cannot be read: ${messageOf(error)}`];
  }
}
