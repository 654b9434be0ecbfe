import { isSectionKind } from '../kinds/kind.js';
import { placedSettings } from '../loading/schema.js';

/** One setting, as the reference describes it. */
export interface SettingDescription {
  /** Its path in the file and the options: `callbacks.timeout`, `services.<name>.authorizer`. */
  readonly key: string;
  /** Its environment variable, if it has one. */
  readonly env: string | undefined;
  /** The type of its value: `duration`, `URL list`, `section`. */
  readonly kind: string;
  /** The default as it would be written; `undefined` when nothing is set by default. */
  readonly default: unknown;
  /** Whether it has no default, and has to be set when its section is. */
  readonly isRequired: boolean;
  readonly about: string;
  readonly secret: boolean;
}

/** All settings in the order of their declaration, each section before what is in it. */
export function describeSettings(): SettingDescription[] {
  return placedSettings().map(({ path, setting, defaultValue, env }) => {
    const { kind, about, optional = false, secret = false } = setting;
    const hasDefault = !isSectionKind(kind) && defaultValue !== undefined;
    return {
      key: path.join('.'),
      env,
      kind: kind.name,
      default: hasDefault ? kind.write(defaultValue) : undefined,
      isRequired: !optional && defaultValue === undefined,
      about,
      secret,
    };
  });
}
