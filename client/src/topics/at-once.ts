import type { WireTopic } from './wire-topic.js';

/** The most topics of one event: the next one goes when all of these are answered. */
const SIDE_BY_SIDE = 200;
/** The most bytes that a character of a JSON text may have, and as much again for what stands around. */
const BYTES_PER_CHARACTER = 6;

/** The first of these that may go in one event, by the limits that the gateway has told; at least one. */
export function atOnce(wires: readonly WireTopic[], limits: object): WireTopic[] {
  const { subscriptions_per_event: most = SIDE_BY_SIDE, frame_bytes: maxBytes = Infinity } = limits as Record<
    string,
    number
  >;
  let bytes = 0;
  return wires.slice(0, Math.min(SIDE_BY_SIDE, most)).filter((wire, index) => {
    bytes += JSON.stringify(wire.element).length * BYTES_PER_CHARACTER;
    return index === 0 || bytes <= maxBytes;
  });
}
