import { InvalidArgumentError } from 'commander';

/** Parses an option in seconds. @returns milliseconds. @throws {InvalidArgumentError} */
export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 86_400))
    throw new InvalidArgumentError('It is a number of seconds, at most a day.');
  return value * 1_000;
}
