import { crc32 } from 'node:zlib';

const SLOTS = 16_384;
/** Of CRC-16/XMODEM, which Redis Cluster takes for its slots. */
const POLYNOMIAL = 0x1021;

/** Which of so many partitions has a channel: the CRC-32 of its name in UTF-8, modulo their number. */
export function partitionOf(channel: string, partitions: number): number {
  return crc32(channel) % partitions;
}

/**
 * What stands before the channels of a partition in Redis. The part in braces alone decides on the slot, so all of
 * them have the same one.
 */
export function partitionPrefix(prefix: string, partition: number): string {
  return `${prefix}{${partition}}:`;
}

/** The slot of a name without braces, or of what stands in them. */
export function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  }
  return (crc & 0xffff) % SLOTS;
}
