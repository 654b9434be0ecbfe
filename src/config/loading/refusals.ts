import { validateSync } from 'class-validator';
import { isSectionKind, type SectionClass } from '../kinds/kind.js';
import { shown } from '../kinds/mask.js';
import { problemLine } from '../kinds/problem.js';
import type { SettingField } from '../kinds/setting.decorator.js';

/** The names of the fields that class-validator refuses. */
export function refusedFields(section: object): ReadonlySet<string> {
  return new Set(validateSync(section, { forbidUnknownValues: false }).map(({ property }) => property));
}

/**
 * The lines for a setting that was refused, secrets masked.
 * @param given the input; `undefined` when there was none.
 * @param place the start of the lines: the path of the key, or the name of the variable.
 */
export function refusalProblems(
  { kind, secret = false }: SettingField,
  given: unknown,
  place: string,
): string[] {
  if (isSectionKind(kind)) return [];
  return kind.faults(given).map(({ at, found, expected, hint, isName = false }) => {
    if (given === undefined) return `${place}: missing, expected ${expected}`;
    return problemLine(`${place}${at}`, shown(found, secret && !isName), expected, hint);
  });
}

/** The lines for one input by itself, regardless of the other settings of its section. */
export function valueProblems(
  of: SectionClass,
  setting: SettingField,
  input: unknown,
  place: string,
): string[] {
  if (isSectionKind(setting.kind)) return [];
  const section = new of();
  Reflect.set(section, setting.field, setting.kind.read(input));
  return refusedFields(section).has(setting.field) ? refusalProblems(setting, input, place) : [];
}
