import type { ClientSelection } from './client-selection.js';
import { ClientSelectionError, readSelection, selectionMembers } from './client-selection.js';
import { type JsonMembers, objectText, toJsonText, valueOf } from '../protocol/json/json.js';

/** The most connections of one page. */
export const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 100;
const MAX_TEXT_LENGTH = 512;
const MORE = ['address', 'node', 'limit', 'cursor', 'subscriptions'];

/** The end of a page of connections: at one of a node. */
export interface ConnectionCursor {
  readonly node: string;
  readonly number: number;
}

/** Which connections are asked for, and how many of them. */
export interface ConnectionQuery {
  readonly selection: ClientSelection;
  readonly address?: string | undefined;
  readonly node?: string | undefined;
  readonly limit: number;
  readonly cursor?: ConnectionCursor | undefined;
  /** Whether what they are subscribed to is listed, not only counted. */
  readonly listsSubscriptions: boolean;
}

/**
 * Reads a query in its wire form: the members of a {@link ClientSelection}, of which none is needed, and `address`, `node`,
 * `limit`, `cursor` and `subscriptions`.
 * @throws {ClientSelectionError} when it is wrong.
 */
export function readConnectionQuery(members: JsonMembers): ConnectionQuery {
  const limit = members.has('limit') ? valueOf(members.get('limit')!) : DEFAULT_PAGE;
  if (!Number.isSafeInteger(limit) || (limit as number) < 1 || (limit as number) > MAX_PAGE)
    throw new ClientSelectionError(`limit must be a whole number from 1 to ${MAX_PAGE}`);
  const lists = members.get('subscriptions') ?? 'false';
  if (lists !== 'true' && lists !== 'false')
    throw new ClientSelectionError('subscriptions must be true or false');
  const cursor = textIn(members, 'cursor');
  return {
    selection: readSelection(members, MORE, true),
    address: textIn(members, 'address'),
    node: textIn(members, 'node'),
    limit: limit as number,
    cursor: cursor === undefined ? undefined : cursorIn(cursor),
    listsSubscriptions: lists === 'true',
  };
}

/** A query as one node puts it to another, which knows the rest. */
export function connectionQuestion(
  { selection, address, listsSubscriptions }: ConnectionQuery,
  after: number,
  limit: number,
): string {
  const members = selectionMembers(selection);
  if (address !== undefined) members.set('address', toJsonText(address));
  members.set('subscriptions', toJsonText(listsSubscriptions)).set('limit', toJsonText(limit));
  return objectText(members.set('cursor', toJsonText(cursorText({ node: '', number: after }))));
}

export function cursorText({ node, number }: ConnectionCursor): string {
  return Buffer.from(`${number} ${node}`).toString('base64url');
}

/** @throws {ClientSelectionError} when it is none. */
function cursorIn(text: string): ConnectionCursor {
  const [, number, node = ''] = /^(\d{1,15}) (.*)$/.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  if (number === undefined) throw new ClientSelectionError('cursor is none that was given');
  return { node, number: Number(number) };
}

function textIn(members: JsonMembers, name: string): string | undefined {
  const text = members.get(name);
  if (text === undefined) return undefined;
  const value = valueOf(text);
  if (typeof value !== 'string' || value === '' || value.length > MAX_TEXT_LENGTH)
    throw new ClientSelectionError(`${name} must be a text of at most ${MAX_TEXT_LENGTH} characters`);
  return value;
}
