import { isSameJson } from '../protocol/canonical-json.js';
import type { JsonText } from '../protocol/json.js';
import type { Publication } from '../protocol/publication.js';

const NULL = 'null' as JsonText;

/** The value that a subscription has for a filter field; `undefined` counts as null. */
export type FieldSource = (field: string) => JsonText | undefined;

/**
 * Whether a publication is for this subscription: of the filter fields, those that it carries must have the values
 * that the subscription has, by type and value.
 */
export function admits(fields: readonly string[], source: FieldSource, publication: Publication): boolean {
  for (const field of fields) {
    const wanted = publication.members.get(field);
    if (wanted !== undefined && !isSameJson(wanted, source(field) ?? NULL)) return false;
  }
  return true;
}
