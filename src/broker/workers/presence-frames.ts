import { toJsonText, type JsonText } from '../../protocol/json/json.js';
import { type ControlAnswer, type ControlHeader, headerOf } from './control-frame.js';
import type { PresenceChange, PresencePage } from '../presence-book.js';
import { membersText, membersIn } from '../presence-news.js';
import { textOf } from './relay-frame.js';

/** A request to the process that keeps who is present. */
export interface PresenceRequest extends ControlHeader {
  readonly verb: 'write-presence' | 'read-presence';
  readonly channel: string;
  /** See {@link PresenceBook}. */
  readonly max: number;
}

/** Its answer: for a write only the number. */
export interface PresenceAnswer extends ControlAnswer {
  readonly number?: number;
  readonly count?: number;
  /** Whether members are given. */
  readonly hasMembers?: boolean;
}

/** Whether a control frame is such a request. */
export function isPresenceRequest(header: ControlHeader): header is PresenceRequest {
  return 'verb' in header && typeof header.verb === 'string' && header.verb.endsWith('-presence');
}

/** The text of changes. */
export function changesText(changes: readonly PresenceChange[]): JsonText {
  return toJsonText(changes.map(({ connection, member }) => [connection, member?.key, member?.text]));
}

/** The changes in a frame. */
export function changesIn(frame: Buffer): PresenceChange[] {
  const changes = JSON.parse(textOf(frame)) as [string, string | null, JsonText][];
  return changes.map(([connection, key, text]) => ({
    connection,
    member: key === null ? undefined : { key, text },
  }));
}

/** The header and the text of an answer with a page. */
export function pageAnswer(id: number, { number, count, members }: PresencePage): [PresenceAnswer, JsonText] {
  return [{ id, number, count, hasMembers: members !== undefined }, membersText(members ?? [])];
}

/** The page in a frame. */
export function pageIn(frame: Buffer): PresencePage {
  const { number = 0, count = 0, hasMembers } = headerOf(frame) as PresenceAnswer;
  return { number, count, members: hasMembers ? membersIn(textOf(frame)) : undefined };
}
