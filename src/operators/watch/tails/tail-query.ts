import {
  type ClientSelection,
  ClientSelectionError,
  readSelection,
  selectionMembers,
} from '../../../clients/client-selection.js';
import { type JsonMembers, type JsonText, objectText } from '../../../protocol/json/json.js';

/** The subject of a tail: a topic, a room, or the frames of somebody's connections. */
export type TailQuery = { readonly showsData: boolean } & (
  | { readonly topic: string }
  | { readonly room: JsonText }
  | { readonly clients: ClientSelection }
);

/**
 * Reads a query in its wire form: one of `topic`, `room`, `identity` and `connection`, and `data`: whether data is shown.
 * @throws {ClientSelectionError} when it is wrong.
 */
export function readTailQuery(members: JsonMembers): TailQuery {
  const { identity, tokenId, connection, subject } = readSelection(members, ['data']);
  const data = members.get('data') ?? 'false';
  if (data !== 'true' && data !== 'false') throw new ClientSelectionError('data must be true or false');
  const showsData = data === 'true';
  const isOfClients = identity !== undefined || connection !== undefined;
  if (tokenId !== undefined || (subject && isOfClients))
    throw new ClientSelectionError('say one of topic, room, identity and connection');
  if (!subject) return { showsData, clients: { identity, connection } };
  return 'topic' in subject ? { showsData, topic: subject.topic } : { showsData, room: subject.room };
}

/** The subject of a tail, for people. */
export function tailSubject(query: TailQuery): string {
  if ('topic' in query) return `topic ${query.topic}`;
  if ('room' in query) return `room ${query.room}`;
  return `clients ${objectText(selectionMembers(query.clients))}`;
}
