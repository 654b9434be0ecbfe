import { inspect } from 'node:util';

/** A value, as errors show it: on one line. */
export function onOneLine(value: unknown): string {
  return inspect(value, { breakLength: Infinity, depth: 6 });
}

/** A topic or a room, as errors name it. */
export function placeName(place: string | object): string {
  return typeof place === 'string' ? place : `the room ${onOneLine(place)}`;
}
