import 'reflect-metadata';
import { IsDefined, IsOptional } from 'class-validator';
import { isSectionKind, type Kind, type SectionClass } from './kind.js';

/** The declaration of a setting at its field; everything else about it follows from this. */
export interface SettingOptions {
  /** The type of its value. */
  readonly kind: Kind;
  /** One sentence for the reference: what it does and what special values mean. */
  readonly about: string;
  /** Whether it may stay without a value. Otherwise, a field without a default has to be set. */
  readonly optional?: boolean;
  /** Whether its value is kept out of messages and of the output of `kittiwake check-config`. */
  readonly secret?: boolean;
  /** Whether it is a file that has to be readable at the start. */
  readonly isRead?: boolean;
  /** Its environment variable, where that is not `KITTIWAKE_` and the key's path in upper snake case. */
  readonly env?: string;
}

/** A field of a section, as the loader and the reference see it. */
export interface SettingField extends SettingOptions {
  /** The name of the field in the class: `timeoutMs`. */
  readonly field: string;
  /** Its name in the file and the options: `timeout`. */
  readonly key: string;
}

/** A conflict between settings of a section. */
export interface Disagreement {
  /** The setting that is shown as wrong; absent: the section. */
  readonly key?: string;
  readonly found: string;
  readonly expected: string;
}

/**
 * @param given the input, without defaults.
 * @returns the conflict; `undefined` when there is none.
 */
export type SectionRule<Section> = (
  section: Section,
  given: Readonly<Record<string, unknown>>,
) => Disagreement | undefined;

const FIELDS = Symbol('kittiwake:settings');
const RULES = Symbol('kittiwake:rules');

/** Declares a field as a setting: composes its class-validator decorators and keeps what the loader needs. */
export function Setting(options: SettingOptions): PropertyDecorator {
  return (section, property) => {
    const field = String(property);
    const fields = settingsOf(section.constructor as SectionClass);
    Reflect.defineMetadata(
      FIELDS,
      [...fields, { ...options, field, key: field.replace(/Ms$/, '') }],
      section.constructor,
    );
    if (isSectionKind(options.kind)) return;
    const presence = options.optional ? IsOptional() : IsDefined();
    for (const decorate of [presence, ...options.kind.checks]) decorate(section, property);
  };
}

/** Declares a rule between settings of one section; checked only when each of them is valid by itself. */
export function Rule<Section extends object>(
  rule: SectionRule<Section>,
): (section: SectionClass<Section>) => void {
  return (section) => {
    Reflect.defineMetadata(RULES, [rule, ...rulesOf(section)], section);
  };
}

/** The settings of a section, in the order of declaration. */
export function settingsOf(section: SectionClass): readonly SettingField[] {
  return (Reflect.getOwnMetadata(FIELDS, section) as SettingField[] | undefined) ?? [];
}

/** The rules of a section, in the order of declaration. */
export function rulesOf<Section extends object>(
  section: SectionClass<Section>,
): readonly SectionRule<Section>[] {
  return (Reflect.getOwnMetadata(RULES, section) as SectionRule<Section>[] | undefined) ?? [];
}
