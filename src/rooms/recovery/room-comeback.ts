import type { LossReason } from '../../history/channel-log.js';
import { detached, elementsOf, isListText, type JsonMembers, valueOf } from '../../protocol/json/json.js';
import { MAX_POSITION_LENGTH, type Position } from '../../protocol/position.js';
import { ROOM_ERRORS } from '../room-errors.js';

/** The most ids that a client may have had before, and the longest of them. */
const MAX_FORMER_IDS = 16;
const MAX_ID_LENGTH = 64;

/** The comeback of a client that follows positions. */
export interface RoomComeback {
  /** The position with which it comes back; absent for one that has not been there. */
  readonly since?: string | undefined;
  /** The ids that its connection had before. */
  readonly was: readonly string[];
}

/** The beginning of a subscription, as a client that follows positions is told it. */
export interface RoomBeginning {
  /** Whether it gets all that it has missed; absent for one that has not come back. */
  readonly recovered?: boolean;
  /** Why it does not. */
  readonly reason?: LossReason | undefined;
  /** Its position; absent when what it has missed is still to come. */
  readonly position?: Position | undefined;
}

/**
 * Reads it from a message; nothing for a client that does not want positions.
 * @throws {ClientError} for what cannot be a position, or the id of a connection.
 */
export function comebackOf(members: JsonMembers): RoomComeback | undefined {
  const since = present(members, 'position');
  if (since === undefined && members.get('recover') !== 'true') return undefined;
  if (since !== undefined && (typeof since !== 'string' || since.length > MAX_POSITION_LENGTH))
    throw ROOM_ERRORS.invalidPosition();
  return { since, was: formerIds(members) };
}

function formerIds(members: JsonMembers): readonly string[] {
  const text = members.get('was');
  if (text === undefined || text === 'null') return NONE;
  const ids: readonly unknown[] = isListText(text) ? elementsOf(text).map(valueOf) : [valueOf(text)];
  if (ids.length > MAX_FORMER_IDS || !ids.every(isId)) throw ROOM_ERRORS.invalidConnectionId();
  return ids.map((id) => detached(id));
}

function isId(id: unknown): id is string {
  return typeof id === 'string' && id.length <= MAX_ID_LENGTH;
}

function present(members: JsonMembers, name: string): unknown {
  const text = members.get(name);
  return text === undefined || text === 'null' ? undefined : valueOf(text);
}

const NONE: readonly string[] = [];
