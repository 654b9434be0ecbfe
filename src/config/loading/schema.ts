import { isSectionKind, type SectionClass } from '../kinds/kind.js';
import { settingsOf, type SettingField } from '../kinds/setting.decorator.js';
import { Settings } from '../settings.js';

/** A setting in its place in the tree. */
export interface PlacedSetting {
  /** The keys from the top: `['callbacks', 'timeout']`; in a map of sections, `<name>` stands for the name. */
  readonly path: readonly string[];
  readonly setting: SettingField;
  /** The section that declares it. */
  readonly of: SectionClass;
  /** The value of the field when nothing is set. */
  readonly defaultValue: unknown;
  /** The environment variable; absent where the value cannot be given as one text, and in maps of sections. */
  readonly env?: string;
}

/** Stands for the name of an entry in the path of a setting in a map of sections. */
export const ANY_NAME = '<name>';

/** Every setting, sections before what is in them, in the order of declaration. */
export function placedSettings(of: SectionClass = Settings, path: readonly string[] = []): PlacedSetting[] {
  const defaults = new of();
  return settingsOf(of).flatMap((setting) => {
    const here = [...path, setting.key];
    const { kind } = setting;
    const defaultValue: unknown = Reflect.get(defaults, setting.field);
    const placed = { path: here, setting, of, defaultValue, ...environmentName(setting, here) };
    if (!isSectionKind(kind)) return [placed];
    return [placed, ...placedSettings(kind.of, kind.names === undefined ? here : [...here, ANY_NAME])];
  });
}

function environmentName({ env, kind }: SettingField, path: readonly string[]): { env?: string } {
  if (isSectionKind(kind) || kind.fromText === undefined || path.includes(ANY_NAME)) return {};
  return { env: env ?? `KITTIWAKE_${path.map(upperSnake).join('_')}` };
}

function upperSnake(key: string): string {
  return key.replaceAll(/(?=[A-Z])/g, '_').toUpperCase();
}
