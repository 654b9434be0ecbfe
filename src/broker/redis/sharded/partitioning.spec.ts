import { partitionOf, partitionPrefix, slotOf } from './partitioning.js';

describe('partitions', () => {
  it('have channels by the CRC-32 of their names', () => {
    // python3 -c 'import zlib; print(zlib.crc32("books.№ 1".encode()) % 64)'
    expect(partitionOf('123456789', 1_000_000)).toBe(0xcbf43926 % 1_000_000);
    expect(partitionOf('books.book_1', 64)).toBe(8);
    expect(partitionOf('books.№ 1', 64)).toBe(9);
  });

  it('share channels about evenly', () => {
    const counts = Array.from({ length: 64 }, () => 0);
    for (let i = 0; i < 64_000; i++) counts[partitionOf(`books.book_${i}`, 64)]!++;
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(Math.max(...counts)).toBeLessThan(1200);
  });

  it('have slots as Redis Cluster computes them', () => {
    // CRC-16/XMODEM of "123456789" is 0x31c3, as the specification of Redis Cluster says.
    expect(slotOf('123456789')).toBe(0x31c3);
    // CLUSTER KEYSLOT {3}
    expect(slotOf('3')).toBe(1584);
    expect(slotOf('é')).toBe(10180);
  });

  it('stand in braces before the channel', () => {
    expect(partitionPrefix('live:', 3)).toBe('live:{3}:');
  });
});
