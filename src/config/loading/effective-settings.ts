import { isSectionKind, type SectionClass } from '../kinds/kind.js';
import { type SettingField, settingsOf } from '../kinds/setting.decorator.js';
import { Settings } from '../settings.js';
import { maskedValue } from './masked-settings.js';
import { type Source, sourceAt, type Sources, sourcesOf } from './sources.js';

/** A setting as it is in force, safe to be shown. */
export interface EffectiveSetting {
  /** Its path: `limits.connections`. */
  readonly key: string;
  /** As it would be written in the file; secrets are masked. Absent where there is none. */
  readonly value?: unknown;
  readonly source: Source;
  readonly about: string;
}

/** All settings as they are in force, those of sections that are not configured left out. */
export function effectiveSettings(settings: Settings): EffectiveSetting[] {
  return settingsIn(Settings, settings, '', sourcesOf(settings));
}

function settingsIn(of: SectionClass, section: object, before: string, sources: Sources): EffectiveSetting[] {
  return settingsOf(of).flatMap((setting) =>
    effective(setting, Reflect.get(section, setting.field), `${before}${setting.key}`, sources),
  );
}

function effective(setting: SettingField, value: unknown, key: string, sources: Sources): EffectiveSetting[] {
  const { kind, about } = setting;
  if (isSectionKind(kind)) {
    if (value instanceof Map)
      return [...(value as ReadonlyMap<string, object>)].flatMap(([name, entry]) =>
        settingsIn(kind.of, entry, `${key}.${name}.`, sources),
      );
    return value === undefined ? [] : settingsIn(kind.of, Object(value) as object, `${key}.`, sources);
  }
  const shown = value === undefined ? {} : { value: maskedValue(setting, value) };
  return [{ key, ...shown, source: sourceAt(sources, key), about }];
}
