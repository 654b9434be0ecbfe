import { crc32 } from 'node:zlib';

const SLOTS = 16_384;
/** The polynomial of CRC-16/XMODEM, with which Redis Cluster computes slots. */
const POLYNOMIAL = 0x1021;

/** The partition of a channel: the CRC-32 of its name in UTF-8, modulo the number of partitions. */
export function partitionOf(channel: string, partitions: number): number {
  return crc32(channel) % partitions;
}

/**
 * The prefix of the channels of a partition in Redis. The part in braces, the hash tag, alone decides on the slot, so
 * all of them have the same one.
 */
export function partitionPrefix(prefix: string, partition: number): string {
  return `${prefix}{${partition}}:`;
}

/** The slot of a hash tag, or of a name without one. */
export function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  }
  return (crc & 0xffff) % SLOTS;
}
