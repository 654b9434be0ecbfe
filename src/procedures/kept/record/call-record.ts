import {
  elementsOf,
  type JsonMembers,
  type JsonText,
  membersOf,
  objectText,
  toJsonText,
  valueOf,
} from '../../../protocol/json/json.js';
import { Publication } from '../../../protocol/publication.js';

/** The beginning of a call, the first that is kept of it. */
export interface CallHead {
  readonly kind: 'head';
  readonly procedure: string;
  /** The node that runs it. */
  readonly node: string;
  /** The caller's; absent for an anonymous one. */
  readonly identity: JsonMembers | undefined;
  /** The request, for another node to go on with it, where one may. */
  readonly request: JsonText | undefined;
}

/** Another node goes on with a call: what the one before it writes from here on does not count. */
export interface CallTaking {
  readonly kind: 'taking';
  readonly node: string;
  readonly generation: number;
}

/** The end of a call: with a value, at the end of a stream, or with an error. */
export interface CallEnd {
  readonly how: 'returned' | 'finished' | 'failed';
  /** Whether the result before it is the value that it returned. */
  readonly hasLast: boolean;
  /** The error; see `call-failure.ts`. */
  readonly failure?: JsonText | undefined;
}

/** Results of a call that were written together, and perhaps its end. */
export interface CallPart {
  readonly kind: 'part';
  /** The number of times another node has gone on with the call. */
  readonly generation: number;
  /** The number of its first result, from 1; where it has none, that of the next. */
  readonly first: number;
  readonly results: readonly JsonText[];
  readonly end?: CallEnd | undefined;
}

export type CallRecord = CallHead | CallTaking | CallPart;

/** The publication that keeps a record. */
export function recordPublication(channel: string, record: CallRecord): Publication {
  return Publication.from(
    new Map([
      ['subscription', toJsonText(channel)],
      ['data', objectText(membersFor(record))],
    ]),
  );
}

/** The record that a publication keeps; nothing for what no gateway of this version has written. */
export function recordOf(publication: Publication): CallRecord | undefined {
  const members = membersOf(publication.data);
  const procedure = members.get('procedure');
  if (procedure !== undefined) return headOf(members, procedure);
  const generation = numberOf(members.get('g'));
  const node = members.get('node');
  if (node !== undefined) return { kind: 'taking', node: textOf(node), generation };
  const [first, results] = [members.get('n'), members.get('r')];
  if (first === undefined || results === undefined) return undefined;
  const end = members.get('end');
  return {
    kind: 'part',
    generation,
    first: numberOf(first),
    results: elementsOf(results),
    end: end === undefined ? undefined : endOf(membersOf(end)),
  };
}

/** The number of the last result of a part. */
export function lastOf({ first, results }: CallPart): number {
  return first + results.length - 1;
}

function membersFor(record: CallRecord): Iterable<readonly [string, JsonText]> {
  if (record.kind === 'part') return partMembers(record);
  const node = ['node', toJsonText(record.node)] as const;
  if (record.kind === 'taking') return [['g', toJsonText(record.generation)], node];
  const { procedure, identity, request } = record;
  return [
    ['procedure', toJsonText(procedure)],
    node,
    ...(identity ? ([['identity', objectText(identity)]] as const) : []),
    ...(request === undefined ? [] : ([['request', request]] as const)),
  ];
}

function partMembers({ generation, first, results, end }: CallPart): (readonly [string, JsonText])[] {
  const members: (readonly [string, JsonText])[] = [['n', toJsonText(first)]];
  if (generation > 0) members.push(['g', toJsonText(generation)]);
  members.push(['r', `[${results.join()}]` as JsonText]);
  if (end) members.push(['end', objectText(endMembers(end))]);
  return members;
}

function endMembers({ how, hasLast, failure }: CallEnd): (readonly [string, JsonText])[] {
  const members: (readonly [string, JsonText])[] = [['how', toJsonText(how)]];
  if (hasLast) members.push(['last', 'true' as JsonText]);
  if (failure !== undefined) members.push(['failure', failure]);
  return members;
}

function headOf(members: JsonMembers, procedure: JsonText): CallHead {
  const identity = members.get('identity');
  return {
    kind: 'head',
    procedure: textOf(procedure),
    node: textOf(members.get('node')),
    identity: identity === undefined ? undefined : membersOf(identity),
    request: members.get('request'),
  };
}

function endOf(members: JsonMembers): CallEnd {
  const how = textOf(members.get('how'));
  return {
    how: how === 'returned' || how === 'finished' ? how : 'failed',
    hasLast: members.has('last'),
    failure: members.get('failure'),
  };
}

function textOf(text: JsonText | undefined): string {
  const value = text === undefined ? undefined : valueOf(text);
  return typeof value === 'string' ? value : '';
}

function numberOf(text: JsonText | undefined): number {
  return text === undefined ? 0 : Number(text);
}
