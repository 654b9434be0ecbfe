import { isObject } from '../../protocol/json/json.js';

/** The most topics, or rooms, of one answer. */
export const MAX_CHANNELS = 500;
const DEFAULT_LIMIT = 50;
const MAX_FIND = 512;

export type ChannelKind = 'topics' | 'rooms';

/** Which topics or rooms are asked for. */
export interface ChannelQuery {
  readonly kind: ChannelKind;
  /** A part of their names. */
  readonly find: string;
  readonly sort: 'subscribers' | 'rate';
  readonly limit: number;
}

/** As one node asks the others: the largest, or those of some names. */
export interface ChannelQuestion extends ChannelQuery {
  readonly names?: readonly string[];
}

/** The query is wrong; the message says where. */
export class ChannelQueryError extends Error {
  override readonly name = 'ChannelQueryError';
}

/** @throws {ChannelQueryError} */
export function readChannelQuery(
  kind: ChannelKind,
  { find = '', sort = 'subscribers', limit = DEFAULT_LIMIT }: Readonly<Record<string, unknown>>,
): ChannelQuery {
  if (typeof find !== 'string' || find.length > MAX_FIND)
    throw new ChannelQueryError(`find must be a text of at most ${MAX_FIND} characters`);
  if (sort !== 'subscribers' && sort !== 'rate')
    throw new ChannelQueryError('sort must be subscribers or rate');
  const count = Number(limit);
  if (!Number.isSafeInteger(count) || count < 1 || count > MAX_CHANNELS)
    throw new ChannelQueryError(`limit must be a whole number from 1 to ${MAX_CHANNELS}`);
  return { kind, find, sort, limit: count };
}

/** @throws {ChannelQueryError} when it is none: another node has checked it. */
export function channelQuestionIn(question: unknown): ChannelQuestion {
  if (!isObject(question) || (question.kind !== 'topics' && question.kind !== 'rooms'))
    throw new ChannelQueryError('a query is missing');
  const { kind, names, ...query } = question;
  if (names === undefined) return readChannelQuery(kind, query);
  if (!Array.isArray(names)) throw new ChannelQueryError('names must be a list');
  const texts = names.filter((name) => typeof name === 'string').slice(0, MAX_CHANNELS);
  return { ...readChannelQuery(kind, query), names: texts };
}
