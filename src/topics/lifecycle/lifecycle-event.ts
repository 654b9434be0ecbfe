import type { EndReason } from '../../protocol/end-reason.js';
import { type JsonMembers, type JsonText, objectText, toJsonText } from '../../protocol/json/json.js';

/** The kinds of the records of what has begun, and what their ends are called. */
export const LIFECYCLE_ENDS = { client: 'ended', place: 'vacated' } as const;
export type LifecycleKind = keyof typeof LIFECYCLE_ENDS;

const BEGINNINGS = { client: 'began', place: 'occupied' } as const;

/** An event in the lives of a service's clients and topics, as `onLifecycle` has it. */
export interface LifecycleEvent {
  /** A client began to use the service, or ended; a topic got its first subscription on a node, or lost its last. */
  readonly event: 'began' | 'ended' | 'occupied' | 'vacated';
  /** The same whenever this event is told again, and of no other. */
  readonly id: string;
  /** The time of it, or, of a node that is gone, of noticing that, as ISO 8601. */
  readonly at: string;
  /** The node that has, or had, it. */
  readonly node: string;
  /** The topic that was occupied or vacated. */
  readonly subscription?: string;
  /** The connection of the client that began or ended. */
  readonly connection?: string;
  /** The identity of the client, by its authentication; null for one without. */
  readonly identity?: Readonly<Record<string, unknown>> | null;
  /** Why a client ended. */
  readonly reason?: EndReason;
}

/** An event as it is sent. @param subject the members that say who or what. */
export function beginningText(kind: LifecycleKind, id: string, subject: JsonMembers): JsonText {
  return eventText(BEGINNINGS[kind], `${id}/${BEGINNINGS[kind]}`, subject);
}

/** As {@link beginningText}, of its end. */
export function endText(kind: LifecycleKind, id: string, subject: JsonMembers, reason: EndReason): JsonText {
  const event = LIFECYCLE_ENDS[kind];
  const more: JsonMembers = new Map(subject);
  if (kind === 'client') more.set('reason', toJsonText(reason));
  return eventText(event, `${id}/${event}`, more);
}

function eventText(event: LifecycleEvent['event'], id: string, subject: JsonMembers): JsonText {
  const members: JsonMembers = new Map([
    ['event', toJsonText(event)],
    ['id', toJsonText(id)],
    ['at', toJsonText(new Date().toISOString())],
  ]);
  for (const [name, value] of subject) members.set(name, value);
  return objectText(members);
}
