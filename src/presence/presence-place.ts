import type { JsonText } from '../protocol/json/json.js';
import { toJsonText } from '../protocol/json/json.js';
import { recordMembers } from '../leases/record-members.js';

/** The place in which somebody may be present: a topic, or a room. */
export interface PresencePlace {
  /** The channel on which the book keeps it; no topic has its name. */
  readonly channel: string;
  /** The most members that are told one by one. */
  readonly max: number;
  /** The time for which a client that was closed counts as present. */
  readonly graceMs: number;
}

/** The record by which another node can end that a connection makes somebody present. */
export type PresenceRecord = PresencePlace & { readonly connection: string };

/** A record as the body of a lease. */
export function presenceRecordText(connection: string, { channel, max, graceMs }: PresencePlace): JsonText {
  return toJsonText({ channel, connection, max, graceMs });
}

/** Reads the body of a lease. @returns nothing for what is none of presence. */
export function recordIn(body: JsonText): PresenceRecord | undefined {
  if (!recordMembers(body)) return undefined;
  const { channel, connection, max, graceMs } = JSON.parse(body) as Record<string, unknown>;
  const isRecord = typeof channel === 'string' && typeof connection === 'string';
  return isRecord ? { channel, connection, max: Number(max) || 0, graceMs: Number(graceMs) || 0 } : undefined;
}
