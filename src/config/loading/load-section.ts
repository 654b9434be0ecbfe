import { isSectionKind, type SectionClass, type SectionKind } from '../kinds/kind.js';
import { shown } from '../kinds/mask.js';
import { joinPath, problemLine } from '../kinds/problem.js';
import { isRecord } from '../kinds/record.js';
import { rulesOf, settingsOf, type SettingField } from '../kinds/setting.decorator.js';
import { isOf } from '../kinds/text.kind.js';
import { movedHint } from './moved-settings.js';
import { nearest } from './nearest.js';
import { refusalProblems, refusedFields } from './refusals.js';

/**
 * Makes a section from its input: reads each setting, has class-validator check them, then applies the section's
 * rules.
 * @param path the place of the section in the tree; empty at the top.
 * @param problems receives a line for each fault; the result is usable only when it received none.
 */
export function loadSection<Section extends object>(
  of: SectionClass<Section>,
  input: unknown,
  path: string,
  problems: string[],
): Section {
  const section = new of();
  if (!isRecord(input)) {
    problems.push(problemLine(path || 'the configuration', describedOnly(input), 'a section of settings'));
    return section;
  }
  const before = problems.length;
  problems.push(...unknownKeys(of, input, path));
  for (const setting of settingsOf(of)) loadSetting(section, setting, input, path, problems);
  problems.push(...refusals(of, section, input, path));
  if (problems.length === before) problems.push(...disagreements(of, section, input, path));
  return section;
}

/** Sets the field of a setting, if the input has something for it. */
function loadSetting(
  section: object,
  { field, key, kind }: SettingField,
  input: Readonly<Record<string, unknown>>,
  path: string,
  problems: string[],
): void {
  const given = givenIn(input, key);
  if (given === undefined) return;
  const place = joinPath(path, key);
  const value = isSectionKind(kind) ? loadSections(kind, given, place, problems) : kind.read(given);
  Reflect.set(section, field, value);
}

function loadSections({ of, names }: SectionKind, input: unknown, path: string, problems: string[]): unknown {
  if (names === undefined) return loadSection(of, input, path, problems);
  if (!isRecord(input)) {
    problems.push(problemLine(path, describedOnly(input), 'a map of names to sections'));
    return new Map();
  }
  for (const name of Object.keys(input)) {
    if (!isOf(names, name)) problems.push(problemLine(path, shown(name), names.expected));
  }
  return new Map(
    Object.entries(input).map(([name, entry]) => [
      name,
      loadSection(of, entry ?? {}, joinPath(path, name), problems),
    ]),
  );
}

function unknownKeys(of: SectionClass, input: Readonly<Record<string, unknown>>, path: string): string[] {
  const known = settingsOf(of).map(({ key }) => key);
  return Object.keys(input)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const moved = movedHint(joinPath(path, key));
      if (moved !== undefined) return `${joinPath(path, key)}: ${moved}`;
      const meant = nearest(key, known);
      const remedy = meant === undefined ? `expected one of ${known.join(', ')}` : `did you mean ${meant}?`;
      return `${joinPath(path, key)}: unknown key, ${remedy}`;
    });
}

function refusals(
  of: SectionClass,
  section: object,
  input: Readonly<Record<string, unknown>>,
  path: string,
): string[] {
  const refused = refusedFields(section);
  return settingsOf(of)
    .filter(({ field }) => refused.has(field))
    .flatMap((setting) => refusalProblems(setting, givenIn(input, setting.key), joinPath(path, setting.key)));
}

function disagreements<Section extends object>(
  of: SectionClass<Section>,
  section: Section,
  input: Readonly<Record<string, unknown>>,
  path: string,
): string[] {
  return rulesOf(of).flatMap((rule) => {
    const wrong = rule(section, input);
    if (wrong === undefined) return [];
    return [
      problemLine(wrong.key === undefined ? path : joinPath(path, wrong.key), wrong.found, wrong.expected),
    ];
  });
}

/** Null counts as absent: YAML reads it where nothing was written. */
function givenIn(input: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(input, key) ? (input[key] ?? undefined) : undefined;
}

/** Shows only the type of an input in the place of a section: it may be anything, a secret too. */
function describedOnly(input: unknown): string {
  return typeof input === 'object' ? shown(input) : `a ${typeof input}`;
}
