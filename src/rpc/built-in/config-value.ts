import { messageOf } from '../../base/message-of.js';
import { convert } from '../../procedures/calls/convert.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';
import { isObject } from '../../protocol/json/json.js';
import { parseRichJson, richJsonText } from '../../protocol/json/rich-json.js';

/**
 * Parses the text for a key by the type of its preset.
 * @throws {ProcedureError} when it is not of that type.
 */
export function configValue(text: string, preset: unknown): unknown {
  try {
    return read(text, preset);
  } catch (cause) {
    throw new ProcedureError(messageOf(cause), 500, { cause });
  }
}

/** Formats a value so that {@link configValue} reads it. */
export function configText(value: unknown): string {
  return typeof value === 'string' ? value : richJsonText(value);
}

function read(text: string, preset: unknown): unknown {
  if (typeof preset === 'boolean') return convert('bool', text);
  if (typeof preset === 'number') return convert('float', text);
  if (typeof preset !== 'object' || preset === null) return text;
  const value = parseRichJson(text);
  if (Array.isArray(preset) ? Array.isArray(value) : isObject(value)) return value;
  throw new Error(`not ${Array.isArray(preset) ? 'a list' : 'an object'}: ${text}`);
}
