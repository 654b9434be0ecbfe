import type { Chance } from './chance.js';

const NAMES = [
  'value',
  '_args',
  '__proto__',
  'constructor',
  '__base64__',
  '__bytes__',
  'a',
  'toString',
  'é',
  '',
];
const NUMBERS = [0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e300, 255, 65_536];
const TEXTS = [
  '0x1f',
  'yes',
  '12',
  '-1e9',
  '_FD_BRE_MAGIC_-r',
  '\u{1F431}',
  '\ud800',
  '9'.repeat(40),
  '\0"\\',
];
const MAX_DEPTH = 5;

/** A value that JSON and MessagePack can have, not too large, with names and texts that mean something to somebody. */
export function anyValue(chance: Chance, depth = 0): unknown {
  const kind = chance.below(10);
  if (kind === 0) return chance.of([null, true, false]);
  if (kind < 3) return chance.of(NUMBERS);
  if (kind < 5) return chance.of([...TEXTS, ...NAMES]);
  if (depth === MAX_DEPTH) return chance.below(1000);
  if (kind > 6) return anyObject(chance, depth + 1);
  return Array.from({ length: chance.below(5) }, () => anyValue(chance, depth + 1));
}

export function anyObject(chance: Chance, depth = 0): object {
  const length = chance.below(5);
  return Object.fromEntries(
    Array.from({ length }, () => [chance.of(NAMES), anyValue(chance, depth)] as const),
  );
}
