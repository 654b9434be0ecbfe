import type { Publication } from '../protocol/publication.js';

/**
 * Whether a publication is for a subscription: of the filter fields, those that it carries must have the values that the
 * subscription has, by type and value.
 * @param values of the subscription, in the order of the fields, as canonical JSON.
 */
export function admits(
  fields: readonly string[],
  values: readonly string[],
  publication: Publication,
): boolean {
  for (let i = 0; i < fields.length; i++) {
    const wanted = publication.canonical(fields[i]!);
    if (wanted !== undefined && wanted !== values[i]) return false;
  }
  return true;
}
