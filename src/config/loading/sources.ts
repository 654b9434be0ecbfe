import { isSectionKind } from '../kinds/kind.js';
import { isRecord } from '../kinds/record.js';
import { settingsOf } from '../kinds/setting.decorator.js';
import { Settings } from '../settings.js';
import type { SectionClass } from '../kinds/kind.js';

/** The source of the value of a setting. */
export interface Source {
  readonly kind: 'default' | 'file' | 'variable' | 'option';
  /** The file, or the variable; of a file also the variables that stand in the text. */
  readonly name?: string | undefined;
}

/** The sources of values, by the path of their settings: `limits.connections`. What is not there has its default. */
export type Sources = ReadonlyMap<string, Source>;

const DEFAULT: Source = { kind: 'default' };
const REFERENCE = /\$\{([A-Za-z_]\w*)/g;

/** Of options that were read, and of settings that were loaded. */
const known = new WeakMap<object, Sources>();

/** Remembers where options, or settings, came from. @returns them. */
export function withSources<Of extends object>(of: Of, sources: Sources): Of {
  known.set(of, sources);
  return of;
}

/** Settings with other values in the place of some; where the rest came from stays known. */
export function derivedSettings(settings: Settings, others: Partial<Settings>): Settings {
  return withSources(Object.assign(new Settings(), settings, others), sourcesOf(settings));
}

/** The sources of settings. */
export function sourcesOf(of: object): Sources {
  return known.get(of) ?? new Map();
}

/** The source of the value of a setting. @param path such as `limits.connections`. */
export function sourceAt(sources: Sources, path: string): Source {
  return sources.get(path) ?? DEFAULT;
}

/** Remembers that settings came from options: where these came from, if that is known. */
export function loadedFrom(settings: Settings, options: unknown): Settings {
  const isKnown = isRecord(options) && known.has(options);
  return withSources(settings, isKnown ? sourcesOf(options) : givenIn(options, () => ({ kind: 'option' })));
}

/** The sources of all settings in a file. @param input as it is written, with `${VAR}`. */
export function sourcesInFile(input: unknown, file: string): Map<string, Source> {
  return givenIn(input, (value) => {
    const names = [...JSON.stringify(value).matchAll(REFERENCE)].map(([, name]) => name);
    return { kind: 'file', name: names.length === 0 ? file : `${file} (${[...new Set(names)].join(', ')})` };
  });
}

function givenIn(input: unknown, sourceOf: (value: unknown) => Source): Map<string, Source> {
  const sources = new Map<string, Source>();
  collect(Settings, input, '', (path, value) => sources.set(path, sourceOf(value)));
  return sources;
}

function collect(
  of: SectionClass,
  input: unknown,
  before: string,
  take: (path: string, value: unknown) => void,
): void {
  if (!isRecord(input)) return;
  for (const { key, kind } of settingsOf(of)) {
    const value = Object.hasOwn(input, key) ? input[key] : undefined;
    if (value === undefined || value === null) continue;
    const path = `${before}${key}`;
    if (!isSectionKind(kind)) take(path, value);
    else if (kind.names === undefined) collect(kind.of, value, `${path}.`, take);
    else if (isRecord(value))
      for (const [name, entry] of Object.entries(value)) collect(kind.of, entry, `${path}.${name}.`, take);
  }
}
