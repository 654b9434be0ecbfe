import { Injectable } from '@nestjs/common';
import type { Answers, NodeCount } from '../cluster/answers.js';
import { Cluster } from '../cluster/cluster.js';
import { isObject } from '../protocol/json/json.js';
import type { ConnectionEntry, PlacedEntry } from './connected-clients.js';
import {
  type ConnectionCursor,
  type ConnectionQuery,
  connectionQuestion,
  cursorText,
} from './connection-query.js';
import { isComplete, readCount } from './counted.js';

/** Some of the connections of all nodes. */
export interface ConnectionPage {
  readonly connections: readonly ConnectionEntry[];
  /** The number from this page on, those of this page included. */
  readonly total: number;
  /** The beginning of the next page; absent when this is the last. */
  readonly cursor?: string | undefined;
  readonly isComplete: boolean;
  readonly nodes: NodeCount;
  /** The nodes that have not answered. */
  readonly missing: readonly string[];
}

/** The part of a page that one node is asked for. */
interface Share {
  readonly node: string;
  readonly limit: number;
}

/** Pages through the connections of all nodes: first they are counted, then no more is fetched than the page takes. */
@Injectable()
export class ConnectionPages {
  constructor(private readonly cluster: Cluster) {}

  /** Never rejects; nodes that do not answer are told. */
  async read(query: ConnectionQuery): Promise<ConnectionPage> {
    const counts = await this.counts(query);
    const left = [...counts.byNode].filter(([, count]) => count > 0).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const total = left.reduce((sum, [, count]) => sum + count, 0);
    const pages = await Promise.all(
      sharesOf(left, query.limit).map(async (share) => ({
        share,
        entries: await this.entriesOf(query, share),
      })),
    );
    const connections: ConnectionEntry[] = [];
    let last: ConnectionCursor | undefined;
    const failed: string[] = [];
    for (const { share, entries } of pages) {
      if (!entries) failed.push(share.node);
      for (const { number, entry } of entries ?? []) {
        connections.push(entry);
        last = { node: share.node, number };
      }
      // What is cut short is read on before the next node.
      if (entries && entries.length < share.limit) break;
    }
    const nodes = { ...counts.nodes, answered: counts.nodes.answered - failed.length };
    const cursor = connections.length < total && last ? cursorText(last) : undefined;
    const missing = [...counts.missing, ...failed];
    return { connections, total, cursor, isComplete: isComplete(nodes), nodes, missing };
  }

  private async counts(query: ConnectionQuery): Promise<Answers<number>> {
    const { node, cursor } = query;
    const from = connectionQuestion(query, 0, query.limit);
    const all =
      node === undefined
        ? await this.cluster.ask('connections', from, readCount)
        : await this.cluster.askOne(node, 'connections', from, readCount);
    if (!cursor) return all;
    const byNode = new Map([...all.byNode].filter(([name]) => name > cursor.node));
    const rest = connectionQuestion(query, cursor.number, query.limit);
    const current = all.byNode.has(cursor.node)
      ? await this.cluster.askOne(cursor.node, 'connections', rest, readCount)
      : undefined;
    byNode.set(cursor.node, current?.byNode.get(cursor.node) ?? 0);
    return { byNode, nodes: all.nodes, missing: all.missing };
  }

  private async entriesOf(
    query: ConnectionQuery,
    { node, limit }: Share,
  ): Promise<PlacedEntry[] | undefined> {
    const after = query.cursor?.node === node ? query.cursor.number : 0;
    const question = connectionQuestion(query, after, limit);
    const { byNode } = await this.cluster.askOne(node, 'connections page', question, readEntries);
    return byNode.get(node);
  }
}

function sharesOf(left: readonly (readonly [node: string, count: number])[], limit: number): Share[] {
  const shares: Share[] = [];
  let rest = limit;
  for (const [node, count] of left) {
    if (rest === 0) break;
    const share = Math.min(rest, count);
    shares.push({ node, limit: share });
    rest -= share;
  }
  return shares;
}

function readEntries(answer: unknown): PlacedEntry[] | undefined {
  if (!Array.isArray(answer)) return undefined;
  return answer.filter(
    (one): one is PlacedEntry => isObject(one) && typeof one.number === 'number' && isObject(one.entry),
  );
}

/** A page in its wire form. */
export function pageBody({
  connections,
  total,
  cursor,
  isComplete: complete,
  nodes,
}: ConnectionPage): object {
  return { status: 'ok', connections, total, cursor: cursor ?? null, complete, nodes };
}
