import type { PollAnswer } from '../connection/stream/polled.transport.js';
import type { Taking } from '../connection/stream/session.transport.js';
import { isObject } from '../protocol/json/json.js';

/** Questions of nodes to each other about sessions. */
export const SESSION_QUESTIONS = {
  frames: 'stream frames',
  poll: 'stream poll',
  rest: 'stream rest',
  end: 'stream end',
} as const;

/** The most bytes of events in one message between nodes, before they are Base64. */
const PIECE_BYTES = 262_144;

/** A part of a poll's answer: all of it has `length` bytes. */
export interface Piece {
  readonly number: number;
  readonly length: number;
  readonly bytes: Buffer;
}

/** Makes a piece for another node. @param offset where it begins. */
export function pieceOf({ number, events }: PollAnswer, offset: number): object {
  const bytes = events.subarray(offset, offset + PIECE_BYTES).toString('base64');
  return { number, length: events.length, bytes };
}

export function readPiece(answer: unknown): Piece | 'out of order' | undefined {
  if (answer === 'out of order') return answer;
  if (!isObject(answer) || typeof answer.bytes !== 'string') return undefined;
  const { number, length } = answer;
  if (!isCount(number) || !isCount(length)) return undefined;
  return { number, length, bytes: Buffer.from(answer.bytes, 'base64') };
}

export function readTaking(answer: unknown): Taking | undefined {
  return answer === 'taken' || answer === 'busy' || isCount(answer) ? answer : undefined;
}

export function readEnd(answer: unknown): 'ended' | undefined {
  return answer === 'ended' ? answer : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
