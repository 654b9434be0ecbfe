import { canonicalJson } from '../protocol/json/canonical-json.js';
import { isObjectText, type JsonMembers, type JsonText, valueOf } from '../protocol/json/json.js';

const MAX_TEXT_LENGTH = 16_384;
const MEMBERS = ['identity', 'token_id', 'connection', 'topic', 'room'] as const;
type Member = (typeof MEMBERS)[number];

/** The selection of clients is wrong; the message says where. */
export class ClientSelectionError extends Error {
  override readonly name = 'ClientSelectionError';
}

/** The subject of a subscription: a topic, or a room, as the text of a JSON object. */
export type Subject = { readonly topic: string } | { readonly room: JsonText };

/** Some clients: those to whom all of it applies. */
export interface ClientSelection {
  /** The value of the field that tells whose a client is, as canonical JSON. */
  readonly identity?: string | undefined;
  readonly tokenId?: string | undefined;
  /** The id of a connection. */
  readonly connection?: string | undefined;
  readonly subject?: Subject | undefined;
}

/**
 * Reads a selection in its wire form: `{"identity": …, "token_id": "…", "connection": "…", "topic": "…", "room": {…}}`.
 * @param more members that are for others. @param mayBeEmpty whether nothing selects all.
 * @throws {ClientSelectionError} when it selects nothing, has unknown members, or a wrong one.
 */
export function readSelection(
  members: JsonMembers,
  more: readonly string[] = [],
  mayBeEmpty = false,
): ClientSelection {
  const known: readonly string[] = [...MEMBERS, ...more];
  const stranger = [...members.keys()].find((name) => !known.includes(name));
  if (stranger !== undefined)
    throw new ClientSelectionError(`there is no ${JSON.stringify(stranger)}; there is ${known.join(', ')}`);
  const selection = selectionOf(members);
  if (!mayBeEmpty && Object.values(selection).every((part) => part === undefined))
    throw new ClientSelectionError(`say which clients: one at least of ${MEMBERS.join(', ')}`);
  return selection;
}

/** A selection in its wire form. */
export function selectionMembers({ identity, tokenId, connection, subject }: ClientSelection): JsonMembers {
  const members: JsonMembers = new Map();
  const add = (name: Member, text: string | undefined): void => {
    if (text !== undefined) members.set(name, text as JsonText);
  };
  add('identity', identity);
  add('token_id', tokenId === undefined ? undefined : JSON.stringify(tokenId));
  add('connection', connection === undefined ? undefined : JSON.stringify(connection));
  if (subject && 'topic' in subject) add('topic', JSON.stringify(subject.topic));
  if (subject && 'room' in subject) add('room', subject.room);
  return members;
}

function selectionOf(members: JsonMembers): ClientSelection {
  for (const name of MEMBERS)
    if ((members.get(name)?.length ?? 0) > MAX_TEXT_LENGTH)
      throw new ClientSelectionError(`${name} must not exceed ${MAX_TEXT_LENGTH} characters`);
  return {
    identity: identityIn(members),
    tokenId: textIn(members, 'token_id'),
    connection: textIn(members, 'connection'),
    subject: subjectIn(members),
  };
}

function identityIn(members: JsonMembers): string | undefined {
  const text = members.get('identity');
  if (text === undefined) return undefined;
  if (text[0] === '{' || text[0] === '[' || text === 'null' || text === '""')
    throw new ClientSelectionError('identity must be a text, a number or a boolean');
  return canonicalJson(text);
}

function textIn(members: JsonMembers, name: Member): string | undefined {
  const text = members.get(name);
  if (text === undefined) return undefined;
  const value = valueOf(text);
  if (typeof value !== 'string' || value === '')
    throw new ClientSelectionError(`${name} must be a text that is not empty`);
  return value;
}

function subjectIn(members: JsonMembers): Subject | undefined {
  const topic = textIn(members, 'topic');
  const room = members.get('room');
  if (room === undefined) return topic === undefined ? undefined : { topic };
  if (topic !== undefined) throw new ClientSelectionError('topic and room exclude each other');
  if (!isObjectText(room)) throw new ClientSelectionError('room must be an object');
  return { room };
}
