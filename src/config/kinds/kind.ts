/** A part of an input that a kind does not accept. */
export interface Fault {
  /** The place within the setting: empty for all of it, `[2]` in a list, `.X-Token` in a map. */
  readonly at: string;
  /** The value found there. */
  readonly found: unknown;
  /** The value expected there, in words. */
  readonly expected: string;
  /** The remedy, where that is not plain from the expectation. */
  readonly hint?: string;
  /** Whether the finding is a name, not a value: names are shown even where the values are secret. */
  readonly isName?: boolean;
}

/** A type of settings: how their values are read, checked, written and described. */
export interface ValueKind {
  /** For the reference: `duration`, `integer 0-65535`, `URL list`. */
  readonly name: string;
  /** The class-validator decorators of the field. They MUST refuse what {@link read} returns for an unusable input. */
  readonly checks: readonly PropertyDecorator[];
  /**
   * The input for a text from an environment variable, or with `${VAR}` replaced. A text that it cannot read, it MUST
   * return as it is. Absent: the setting has no environment variable.
   */
  readonly fromText?: (text: string) => unknown;
  /** The value of the field for an input from the file or the options. MUST NOT throw. */
  read(input: unknown): unknown;
  /** The input that {@link read} turns into this value. */
  write(value: unknown): unknown;
  /** The faults of an input that the checks refused. MUST NOT be empty. */
  faults(input: unknown): readonly Fault[];
}

/** A class whose fields are settings. */
export type SectionClass<Section extends object = object> = new () => Section;

/** A setting that is a section of further settings, or a map of names to such. */
export interface SectionKind {
  readonly name: 'section' | 'map of sections';
  readonly of: SectionClass;
  /** The format of the names in a map of sections. */
  readonly names?: TextFormat;
}

/** A format of texts, and its description. */
export interface TextFormat {
  /** For the reference: `URL`. */
  readonly name: string;
  /** With its article: `a URL such as https://app.example.com`. */
  readonly expected: string;
  readonly accepts: (text: string) => boolean;
}

export type Kind = ValueKind | SectionKind;

export function isSectionKind(kind: Kind): kind is SectionKind {
  return 'of' in kind;
}
