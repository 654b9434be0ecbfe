import { elementOf, type WireTopic } from './wire-topic.js';

/** The first of these that may go in one event, by the limits that the gateway has told; at least one. */
export function atOnce(wires: readonly WireTopic[], limits: unknown): WireTopic[] {
  /** The next event goes when all of these are answered. */
  const SIDE_BY_SIDE = 200;
  /** The most bytes that a character of a JSON text may have, and as much again for what stands around. */
  const BYTES_PER_CHARACTER = 6;
  const { subscriptions_per_event: most = SIDE_BY_SIDE, frame_bytes: maxBytes = Infinity } = {
    ...(limits as Record<string, number>),
  };
  let bytes = 0;
  return wires.slice(0, Math.min(SIDE_BY_SIDE, most)).filter((wire, index) => {
    bytes += JSON.stringify(elementOf(wire)).length * BYTES_PER_CHARACTER;
    return !index || bytes <= maxBytes;
  });
}
