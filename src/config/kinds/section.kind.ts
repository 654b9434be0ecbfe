import type { SectionClass, SectionKind, TextFormat } from './kind.js';

/** A section of settings. */
export function section(of: SectionClass): SectionKind {
  return { name: 'section', of };
}

/** A map of names to sections; its field is a `ReadonlyMap`, so that no name finds an inherited member. */
export function sections(of: SectionClass, names: TextFormat): SectionKind {
  return { name: 'map of sections', of, names };
}
