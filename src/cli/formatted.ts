import { richJsonText } from '../protocol/json/rich-json.js';

const PLACE = /%(?:%|\((\w+)\)([-+ #0]*)(\d*)(?:\.(\d+))?([a-zA-Z]))/g;

/**
 * Fills the members of a result into its format, such as `Kitty says %(purr)s` (Python's `%` formatting). Texts are
 * shown as they are, all else as JSON. Digits (`%.2f`), width and `-` (`%-8s`) count; other flags and types do not.
 */
export function formatted(format: string, members: Readonly<Record<string, unknown>>): string {
  return format.replace(PLACE, (place, name?: string, flags = '', width = '', digits?: string, kind = '') => {
    if (name === undefined) return '%';
    if (!Object.hasOwn(members, name)) return place;
    const value = members[name];
    const isFixed = kind === 'f' && typeof value === 'number';
    const text = isFixed ? value.toFixed(Number(digits ?? 6)) : textOf(value);
    return flags.includes('-') ? text.padEnd(Number(width)) : text.padStart(Number(width));
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : richJsonText(value);
}
