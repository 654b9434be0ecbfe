import type { SectionClass } from './kinds/kind.js';

const ABSENT = new WeakSet<object>();

/** Makes the stand-in for a section that is not configured, with its defaults. */
export function absent<Section extends object>(of: SectionClass<Section>): Section {
  const section = new of();
  ABSENT.add(section);
  return section;
}

/** Whether a section is configured. Otherwise it is a stand-in made by {@link absent}, and its feature is off. */
export function isConfigured(section: object): boolean {
  return !ABSENT.has(section);
}
