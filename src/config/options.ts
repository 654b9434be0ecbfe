import type { Settings } from './settings.js';

/**
 * The configuration as it is written: in the YAML file, and in `KittiwakeModule.forRoot`. The same tree as
 * {@link Settings}, with everything optional, durations as texts with a unit (`timeout: '15s'`) and sizes as bytes
 * or texts (`'64KiB'`). What is `undefined` or null counts as not set.
 */
export type KittiwakeOptions = OptionsOf<Settings>;

/** The options of one section of settings. */
export type OptionsOf<Section> = {
  readonly [Field in keyof Section & string as KeyOf<Field>]?: OptionOf<Field, Section[Field]> | undefined;
};

/** The key in file and options of a field: durations lose their unit. */
type KeyOf<Field> = Field extends `${infer Key}Ms` ? Key : Field;

type OptionOf<Field, Value> = Value extends undefined
  ? undefined
  : Field extends `${string}Ms`
    ? string
    : Field extends `${string}Bytes`
      ? number | string
      : Value extends ReadonlyMap<string, infer Entry>
        ? Readonly<Record<string, OptionsOf<Entry>>>
        : Value extends readonly unknown[]
          ? Value
          : Value extends object
            ? SectionOrMap<Value>
            : Value;

/** Maps of texts are the same on both sides. */
type SectionOrMap<Value> = string extends keyof Value ? Value : OptionsOf<Value>;
