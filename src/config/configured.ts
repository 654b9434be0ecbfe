import type { SectionClass } from './kinds/kind.js';

const ABSENT = new WeakSet<object>();

/** What stands for a section that is not configured: its defaults. */
export function absent<Section extends object>(of: SectionClass<Section>): Section {
  const section = new of();
  ABSENT.add(section);
  return section;
}

/** Whether a section is configured, or stands for one that is {@link absent}: what it is about is off then. */
export function isConfigured(section: object): boolean {
  return !ABSENT.has(section);
}
