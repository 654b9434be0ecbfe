import { elementsOf, isFalsy, type JsonText, membersOf, objectOrNull, objectText } from './json.js';

describe('members of an object', () => {
  it('are the texts they came in', () => {
    const text =
      ' { "big" : 12345678901234567890 , "spelt":1.0e+2,"list":[1, {"a":"]}"}],"s":"\\u0041\\"\\\\" } ';
    expect([...membersOf(text)]).toEqual([
      ['big', '12345678901234567890'],
      ['spelt', '1.0e+2'],
      ['list', '[1, {"a":"]}"}]'],
      ['s', '"\\u0041\\"\\\\"'],
    ]);
  });

  it('have names without escapes', () => {
    expect([...membersOf('{"\\u0064ata":1,"a\\"b":2}').keys()]).toEqual(['data', 'a"b']);
  });

  it('are the last of a repeated name', () => {
    expect([...membersOf('{"a":1,"b":2,"a":3}')]).toEqual([
      ['a', '3'],
      ['b', '2'],
    ]);
  });

  it('may be named like what every object inherits', () => {
    expect([...membersOf('{"__proto__":{"x":1},"constructor":2}')]).toEqual([
      ['__proto__', '{"x":1}'],
      ['constructor', '2'],
    ]);
  });

  it('are none of an empty object', () => {
    expect(membersOf('{ }').size).toBe(0);
  });

  it('equal what JSON.parse finds, for random objects', () => {
    const random = seeded(7);
    for (let round = 0; round < 2000; round++) {
      const value = randomObject(random, 4);
      const text = JSON.stringify(value, null, round % 3);
      const found = Object.fromEntries(
        [...membersOf(text)].map(([name, part]) => [name, JSON.parse(part) as unknown]),
      );
      expect(found).toEqual(value);
    }
  });
});

describe('elements of a list', () => {
  it('are the texts they came in', () => {
    expect(elementsOf('[ 1.50 ,"a,b", {"x":[]},[ ] , null]')).toEqual([
      '1.50',
      '"a,b"',
      '{"x":[]}',
      '[ ]',
      'null',
    ]);
    expect(elementsOf(' [ ] ')).toEqual([]);
  });
});

describe('a value that counts as missing', () => {
  it.each(['null', 'false', '0', '-0', '0.0', '0e5', '""', '[]', '{}', '[ ]', '{\n}'])('is %s', (text) => {
    expect(isFalsy(text as JsonText)).toBe(true);
  });

  it.each(['true', '1', '-1', '0.1', '" "', '"0"', '[0]', '{"a":0}', '[[]]'])('is not %s', (text) => {
    expect(isFalsy(text as JsonText)).toBe(false);
  });
});

describe('an object made of members', () => {
  it('has each value as it is and each name escaped', () => {
    const members = new Map([
      ['a"b', '1.0'],
      ['c', '"\\u0041"'],
    ]) as Map<string, JsonText>;
    expect(objectText(members)).toBe('{"a\\"b":1.0,"c":"\\u0041"}');
    expect(objectText([])).toBe('{}');
    expect([objectOrNull(new Map()), objectOrNull(undefined)]).toEqual(['{}', 'null']);
  });
});

function seeded(seed: number): () => number {
  return () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
}

const STRINGS = ['', 'a', '"', '\\', '\\"', '{[,:]}', 'é\u2028\n', '\ud83d\udc31', ' \\\\" '];

function randomObject(random: () => number, depth: number): Record<string, unknown> {
  const entries = Array.from({ length: Math.floor(random() * 5) }, () => [
    anyString(random),
    anyValue(random, depth),
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function anyValue(random: () => number, depth: number): unknown {
  const kind = Math.floor(random() * (depth > 0 ? 7 : 5));
  if (kind === 0) return null;
  if (kind === 1) return random() < 0.5;
  if (kind === 2) return Math.floor(random() * 1e9) / 1000;
  if (kind < 5) return anyString(random);
  if (kind === 5) return Array.from({ length: Math.floor(random() * 4) }, () => anyValue(random, depth - 1));
  return randomObject(random, depth - 1);
}

function anyString(random: () => number): string {
  return STRINGS[Math.floor(random() * STRINGS.length)]! + STRINGS[Math.floor(random() * STRINGS.length)]!;
}
