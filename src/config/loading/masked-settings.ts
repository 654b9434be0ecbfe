import { isSectionKind, type SectionClass, type SectionKind } from '../kinds/kind.js';
import { MASK, maskUrl } from '../kinds/mask.js';
import { isRecord } from '../kinds/record.js';
import { settingsOf, type SettingField } from '../kinds/setting.decorator.js';
import { Settings } from '../settings.js';

/**
 * The settings as they could be written in the file, safe to print: secrets are `***`, and so are credentials in
 * URLs. Settings without a value are left out.
 */
export function maskedSettings(settings: Settings): Record<string, unknown> {
  return maskedSection(Settings, settings);
}

function maskedSection(of: SectionClass, section: object): Record<string, unknown> {
  return Object.fromEntries(
    settingsOf(of).flatMap((setting) => {
      const value: unknown = Reflect.get(section, setting.field);
      return value === undefined ? [] : [[setting.key, maskedValue(setting, value)]];
    }),
  );
}

/** The value of a setting as it could be written in the file, safe to print. */
export function maskedValue({ kind, secret = false }: SettingField, value: unknown): unknown {
  if (isSectionKind(kind)) return maskedSections(kind, value);
  return withTexts(kind.write(value), secret ? () => MASK : maskUrl);
}

function maskedSections(kind: SectionKind, value: unknown): unknown {
  if (!(value instanceof Map)) return maskedSection(kind.of, Object(value) as object);
  return Object.fromEntries(
    [...(value as ReadonlyMap<string, object>)].map(([name, entry]) => [name, maskedSection(kind.of, entry)]),
  );
}

/** A value with each text in it changed, be it the value itself, or in a list or a map. */
function withTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => withTexts(item, change));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withTexts(item, change)]));
}
