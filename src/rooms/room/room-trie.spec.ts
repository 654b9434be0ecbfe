import type { JsonText } from '../../protocol/json/json.js';
import { RoomTrie, type RoomMatch } from './room-trie.js';
import { Room } from './room.js';

const room = (value: unknown): Room => Room.parse(JSON.stringify(value) as JsonText)!;

function found(trie: RoomTrie<string>, wanted: unknown, match: RoomMatch): string[] {
  const items: string[] = [];
  trie.forEach(room(wanted), match, (item) => items.push(item));
  return items.toSorted();
}

describe('rooms', () => {
  it('are the same whatever the order of keys, at every level, and differ by type', () => {
    expect(room({ a: { x: 1, y: 2 }, b: 3 }).id).toBe(room({ b: 3, a: { y: 2, x: 1 } }).id);
    for (const [one, other] of [
      [{ a: 1 }, { a: '1' }],
      [{ a: 1 }, { a: true }],
      [{ a: null }, {}],
      [{ a: 'b' }, { b: 'a' }],
    ]) {
      expect(room(one).id).not.toBe(room(other).id);
    }
  });

  it('are JSON objects', () => {
    for (const text of ['1', '"a"', 'null', '[]', '[{}]'])
      expect(Room.parse(text as JsonText)).toBeUndefined();
  });
});

describe('the search for rooms', () => {
  let trie: RoomTrie<string>;

  beforeEach(() => {
    trie = new RoomTrie();
    trie.add(room({ target: 'message', customer: '1' }), 'one');
    trie.add(room({ target: 'message', customer: '*' }), 'any');
    trie.add(room({ target: '*', customer: '*' }), 'all');
    trie.add(room({ target: 'message' }), 'short');
  });

  it('finds the very same room', () => {
    expect(found(trie, { customer: '1', target: 'message' }, 'same')).toEqual(['one']);
    expect(found(trie, { customer: '*', target: 'message' }, 'same')).toEqual(['any']);
    expect(found(trie, { customer: '2', target: 'message' }, 'same')).toEqual([]);
  });

  it('finds the rooms that cover one', () => {
    expect(found(trie, { target: 'message', customer: '1' }, 'covering')).toEqual(['all', 'any', 'one']);
    expect(found(trie, { target: 'message', customer: 2 }, 'covering')).toEqual(['all', 'any']);
    expect(found(trie, { target: 'message', customer: '*' }, 'covering')).toEqual(['all', 'any']);
    expect(found(trie, { target: '*', customer: '1' }, 'covering')).toEqual(['all']);
    expect(found(trie, { target: 'message', customer: '1', more: 1 }, 'covering')).toEqual([]);
  });

  it('finds rooms that overlap with wildcards on either side', () => {
    expect(found(trie, { target: 'message', customer: '*' }, 'overlapping')).toEqual(['all', 'any', 'one']);
    expect(found(trie, { target: 'other', customer: '1' }, 'overlapping')).toEqual(['all']);
    expect(found(trie, { target: '*' }, 'overlapping')).toEqual(['short']);
  });

  it('takes partial patterns and nested wildcards for what they are', () => {
    trie.add(room({ name: 'a*' }), 'partial');
    trie.add(room({ name: { deep: '*' } }), 'nested');
    expect(found(trie, { name: 'ab' }, 'overlapping')).toEqual([]);
    expect(found(trie, { name: { deep: 1 } }, 'overlapping')).toEqual([]);
    expect(found(trie, { name: { deep: '*' } }, 'same')).toEqual(['nested']);
  });

  it('keeps nothing of what was removed', () => {
    for (const [value, item] of [
      [{ target: 'message', customer: '1' }, 'one'],
      [{ target: 'message', customer: '*' }, 'any'],
      [{ target: '*', customer: '*' }, 'all'],
      [{ target: 'message' }, 'short'],
    ] as const) {
      trie.remove(room(value), item);
    }
    expect(found(trie, { target: '*', customer: '*' }, 'overlapping')).toEqual([]);
    expect(trie.roomCount).toBe(0);
  });

  it('takes no notice of removing what is not there', () => {
    trie.remove(room({ target: 'message', customer: '9' }), 'one');
    trie.remove(room({ nobody: 1 }), 'one');
    expect(found(trie, { target: 'message', customer: '1' }, 'same')).toEqual(['one']);
    expect(trie.roomCount).toBe(4);
  });

  it('equals a comparison with every room, in 10,000 random cases', () => {
    const random = seeded(11);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const anyRoom = (): Record<string, unknown> => {
      const keys = pick([['a'], ['a', 'b'], ['a', 'b', 'c'], ['b', 'c']]);
      return Object.fromEntries(
        keys.map((key) => [key, pick(['*', '1', 1, '2', null, { x: '*' }])] as const),
      );
    };
    for (let round = 0; round < 100; round++) {
      const rooms = Array.from({ length: 30 }, anyRoom);
      const random30 = new RoomTrie<string>();
      rooms.forEach((one, index) => random30.add(room(one), String(index)));
      for (let search = 0; search < 100; search++) {
        const wanted = anyRoom();
        for (const match of ['same', 'covering', 'overlapping'] as const) {
          const expected = rooms.flatMap((one, index) =>
            matches(one, wanted, match) ? [String(index)] : [],
          );
          expect(found(random30, wanted, match)).toEqual(expected.toSorted());
        }
      }
    }
  });
});

function matches(held: Record<string, unknown>, wanted: Record<string, unknown>, match: RoomMatch): boolean {
  const keys = Object.keys(held);
  if (keys.join() !== Object.keys(wanted).join()) return false;
  return keys.every((key) => {
    const isSame = JSON.stringify(held[key]) === JSON.stringify(wanted[key]);
    if (match === 'same' || isSame) return isSame;
    return held[key] === '*' || (match === 'overlapping' && wanted[key] === '*');
  });
}

function seeded(seed: number): () => number {
  return () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
}
