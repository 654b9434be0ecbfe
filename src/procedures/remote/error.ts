import { isObject } from '../../protocol/json/json.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import { NeedInfo, type NeededVariable } from '../need-info.js';
import { ProcedureError } from '../procedure-errors.js';

/**
 * Reads an error for the caller from JSON of the app: an object with the member `error`, and perhaps `needed_vars` and
 * `resource`. @returns undefined for any other value.
 */
export function remoteError(value: unknown, status: number): ProcedureError | undefined {
  if (!isObject(value) || value.error === undefined || value.error === null) return undefined;
  const { error, resource, needed_vars: needed } = value;
  if (!isNeeded(needed)) return new ProcedureError(error, status);
  const message = typeof error === 'string' ? error : richJsonText(error);
  return new NeedInfo(message, needed, typeof resource === 'string' ? resource : undefined);
}

function isNeeded(value: unknown): value is readonly NeededVariable[] {
  const isVariable = (item: unknown): boolean => isObject(item) && typeof item.name === 'string';
  return Array.isArray(value) && value.length > 0 && value.every(isVariable);
}
