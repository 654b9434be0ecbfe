import { IsBoolean, IsIn, IsString, ValidateBy } from 'class-validator';
import type { TextFormat, ValueKind } from './kind.js';

const TRUTH = new Map<string, boolean>([
  ['true', true],
  ['false', false],
]);

/** A text of a format. */
export function text(format: TextFormat): ValueKind {
  return {
    name: format.name,
    checks: [IsString(), checked(format.expected, (value) => isOf(format, value))],
    fromText: (text) => text,
    read: (input) => input,
    write: (value) => value,
    faults: (input) => [{ at: '', found: input, expected: format.expected }],
  };
}

/** One of some words. */
export function choice(words: readonly string[]): ValueKind {
  return {
    name: words.join(', '),
    checks: [IsIn(words)],
    fromText: (text) => text,
    read: (input) => input,
    write: (value) => value,
    faults: (input) => [{ at: '', found: input, expected: `one of ${words.join(', ')}` }],
  };
}

/** True or false. */
export function flag(): ValueKind {
  return {
    name: 'true, false',
    checks: [IsBoolean()],
    fromText: (text) => TRUTH.get(text) ?? text,
    read: (input) => input,
    write: (value) => value,
    faults: (input) => [{ at: '', found: input, expected: 'true or false' }],
  };
}

/** Whether an unknown value is a text of the format. */
export function isOf(format: TextFormat, value: unknown): value is string {
  return typeof value === 'string' && format.accepts(value);
}

/** A class-validator decorator of our own. */
export function checked(name: string, accepts: (value: unknown) => boolean): PropertyDecorator {
  return ValidateBy({ name, validator: { validate: (value: unknown) => accepts(value) } });
}
