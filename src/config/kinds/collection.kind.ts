import { IsArray, IsObject } from 'class-validator';
import type { Fault, TextFormat, ValueKind } from './kind.js';
import { isRecord } from './record.js';
import { checked, isOf } from './text.kind.js';

/** A list of texts, separated by commas where it is written as one text. */
export function texts(format: TextFormat, { isFilled = false } = {}): ValueKind {
  const isLongEnough = (items: readonly unknown[]) => items.length > 0 || !isFilled;
  const accepts = (value: unknown) =>
    Array.isArray(value) && isLongEnough(value) && value.every((item) => isOf(format, item));
  return {
    name: `${format.name} list`,
    checks: [IsArray(), checked(format.expected, accepts)],
    fromText: (text) => text.split(',').flatMap((item) => item.trim() || []),
    read: (input) => input,
    write: (value) => value,
    faults: (input) =>
      Array.isArray(input) && isLongEnough(input)
        ? itemFaults(input, format)
        : [
            {
              at: '',
              found: input,
              expected: `a list${isFilled ? ' of at least one' : ''}, each ${format.expected}`,
            },
          ],
  };
}

/** A map of texts to texts, such as request headers. */
export function textMap(names: TextFormat, values: TextFormat, { isFilled = false } = {}): ValueKind {
  const isLargeEnough = (map: object) => Object.keys(map).length > 0 || !isFilled;
  const accepts = (value: unknown) =>
    isRecord(value) &&
    isLargeEnough(value) &&
    Object.entries(value).every(([name, item]) => isOf(names, name) && isOf(values, item));
  return {
    name: `map of ${names.name} to ${values.name}`,
    checks: [IsObject(), checked(names.expected, accepts)],
    read: (input) => input,
    write: (value) => value,
    faults: (input) =>
      isRecord(input) && isLargeEnough(input)
        ? entryFaults(input, names, values)
        : [
            {
              at: '',
              found: input,
              expected: `a map${isFilled ? ' of at least one' : ''}: ${names.expected} to ${values.expected}`,
            },
          ],
  };
}

/** A list of maps of anything, such as rooms; in the file and the options only. */
export function objects(): ValueKind {
  const expected = 'a map that is not empty, such as { target: message }';
  const accepts = (value: unknown) => isRecord(value) && Object.keys(value).length > 0;
  return {
    name: 'map list',
    checks: [
      IsArray(),
      checked(expected, (value) => Array.isArray(value) && value.length > 0 && value.every(accepts)),
    ],
    read: (input) => input,
    write: (value) => value,
    faults: (input) =>
      Array.isArray(input) && input.length > 0
        ? input.flatMap((found, index) => (accepts(found) ? [] : [{ at: `[${index}]`, found, expected }]))
        : [{ at: '', found: input, expected: `a list of at least one, each ${expected}` }],
  };
}

function itemFaults(items: readonly unknown[], { expected, accepts }: TextFormat): Fault[] {
  return items.flatMap((found, index) =>
    typeof found === 'string' && accepts(found) ? [] : [{ at: `[${index}]`, found, expected }],
  );
}

function entryFaults(
  entries: Readonly<Record<string, unknown>>,
  names: TextFormat,
  values: TextFormat,
): Fault[] {
  return Object.entries(entries).flatMap(([name, found]) => {
    if (!isOf(names, name)) return [{ at: '', found: name, expected: names.expected, isName: true }];
    return isOf(values, found) ? [] : [{ at: `.${name}`, found, expected: values.expected }];
  });
}
