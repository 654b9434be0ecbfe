import { KeptBytes } from '../connection/kept-bytes.js';
import { KeyMemory } from './key-memory.js';

/** A memory with so much room; each key of two characters takes 66 bytes. */
function memoryWith(maxBytes: number, maxKeys = 1000): [KeyMemory<number>, KeptBytes, number[]] {
  const kept = new KeptBytes(maxBytes);
  const forgotten: number[] = [];
  return [new KeyMemory({ kept, maxKeys }, (value) => forgotten.push(value)), kept, forgotten];
}

const KEYS = Array.from({ length: 300 }, (_, i) => `k${i}`.padStart(4, '_'));
const KEY_BYTES = 68;

describe('what is remembered by keys', () => {
  it('takes as much as there is room for, and forgets the oldest first', () => {
    const [memory, , forgotten] = memoryWith(100 * KEY_BYTES);
    for (const [value, key] of KEYS.entries()) memory.set(key, value);
    expect(forgotten).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(KEYS.filter((key) => memory.get(key) !== undefined)).toEqual(KEYS.slice(200));
  });

  it('stays as long as it is used', () => {
    const [memory, , forgotten] = memoryWith(100 * KEY_BYTES);
    for (const [value, key] of KEYS.entries()) {
      memory.set(key, value);
      memory.set(KEYS[0]!, -1);
    }
    expect(memory.get(KEYS[0]!)).toBe(-1);
    expect(forgotten).toHaveLength(200);
  });

  it('is bounded in number as well', () => {
    const [memory, , forgotten] = memoryWith(1_000_000, 100);
    for (const [value, key] of KEYS.entries()) memory.set(key, value);
    expect(forgotten).toHaveLength(200);
  });

  it('gives way to what the client asks for', () => {
    const [memory, kept, forgotten] = memoryWith(10 * KEY_BYTES);
    for (const [value, key] of KEYS.slice(0, 10).entries()) memory.set(key, value);
    expect(kept.claim(2 * KEY_BYTES)).toBe(true);
    expect(forgotten).toEqual([0, 1]);
    expect(kept.claim(9 * KEY_BYTES)).toBe(false);
    expect(forgotten).toEqual([0, 1]);
    kept.release(2 * KEY_BYTES);
    for (const [value, key] of KEYS.slice(0, 2).entries()) memory.set(key, value);
    expect(forgotten).toEqual([0, 1]);
  });

  it('is nothing where there is no room', () => {
    const [memory, , forgotten] = memoryWith(KEY_BYTES - 1);
    memory.set(KEYS[0]!, 7);
    expect([memory.get(KEYS[0]!), forgotten]).toEqual([undefined, [7]]);
  });

  it('is given back at the end', () => {
    const [memory, kept] = memoryWith(10 * KEY_BYTES);
    for (const [value, key] of KEYS.slice(0, 10).entries()) memory.set(key, value);
    memory.clear();
    const other = new KeyMemory<number>({ kept, maxKeys: 10 }, () => {
      throw new Error('there was room');
    });
    for (const [value, key] of KEYS.slice(0, 10).entries()) other.set(key, value);
    expect([...other.all()]).toHaveLength(10);
  });
});
