import { Injectable } from '@nestjs/common';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Cluster } from '../cluster/cluster.js';
import { PublishSettings } from '../config/sections/publish.settings.js';
import type { Connection } from '../connection/connection.js';
import type { TransportKind } from '../connection/transport.js';
import { isObject, membersOf, valueOf, type JsonText } from '../protocol/json/json.js';
import { type ConnectionQuery, readConnectionQuery } from './connection-query.js';
import { type FoundClient, LocalClients } from './local-clients.js';

/** So many connections are looked at in a turn of the event loop. */
const PER_TURN = 1_000;
/** The most characters of a page that one node gives, however many it was asked for. */
const MAX_PAGE_LENGTH = 262_144;
/** The most subscriptions of one connection that are listed. */
const MAX_LISTED = 1_000;

/** One connection, as a service is told of it. */
export interface ConnectionEntry {
  readonly id: string;
  readonly node: string;
  /** `topics`, `rooms` or `procedures`. */
  readonly endpoint: string;
  /** The kind of its transport. */
  readonly transport: TransportKind;
  readonly address?: string | undefined;
  /** The value of the field that says whose it is. */
  readonly identity?: unknown;
  /** Its opening time, as ISO 8601, to the second. */
  readonly since: string;
  /** Their number. */
  readonly subscriptions: number;
  /** The topics it is subscribed to, the first thousand. */
  readonly topics?: readonly string[];
}

/** An entry with its place among those of its node. */
export interface PlacedEntry {
  readonly number: number;
  readonly entry: ConnectionEntry;
}

/** Counts and lists connections of this node, for all nodes. */
@Injectable()
export class ConnectedClients {
  constructor(
    private readonly cluster: Cluster,
    private readonly local: LocalClients,
    private readonly settings: PublishSettings,
  ) {
    cluster.answer('connections', (question) => this.count(queryIn(question)));
    cluster.answer('connections page', (question) => this.page(queryIn(question)));
  }

  private async count(query: ConnectionQuery): Promise<number> {
    let count = 0;
    for await (const one of this.found(query)) if (one) count++;
    return count;
  }

  private async page(query: ConnectionQuery): Promise<PlacedEntry[]> {
    const entries: PlacedEntry[] = [];
    let room = Math.min(MAX_PAGE_LENGTH, this.settings.maxBodyBytes);
    for await (const one of this.found(query)) {
      if (entries.length === query.limit) break;
      const entry = this.entryOf(one, query.listsSubscriptions);
      room -= JSON.stringify(entry).length;
      if (room < 0 && entries.length > 0) break;
      entries.push({ number: one.connection.number, entry });
    }
    return entries;
  }

  /** In the order in which they began. */
  private async *found({ selection, address, cursor }: ConnectionQuery): AsyncGenerator<FoundClient> {
    let looked = 0;
    for (const connection of this.local.inOrder(selection)) {
      if (++looked % PER_TURN === 0) await nextTurn();
      if (connection.number <= (cursor?.number ?? 0)) continue;
      if (address !== undefined && addressOf(connection) !== address) continue;
      const one = this.local.match(selection, connection);
      if (one) yield one;
    }
  }

  private entryOf({ connection, session }: FoundClient, lists: boolean): ConnectionEntry {
    const identity = session?.client?.identity;
    return {
      id: connection.id,
      node: this.cluster.node,
      endpoint: connection.endpointName,
      transport: connection.transportKind,
      address: addressOf(connection),
      ...(identity !== undefined && { identity: valueOf(identity as JsonText) }),
      since: new Date(connection.openedAtS * 1_000).toISOString(),
      subscriptions: session?.subscriptionCount ?? 0,
      ...(lists && { topics: firstOf(session?.subscriptions() ?? []) }),
    };
  }
}

/** As connections are counted by. */
function addressOf(connection: Connection): string | undefined {
  return connection.countedAddress;
}

function firstOf(names: Iterable<string>): string[] {
  const first: string[] = [];
  for (const name of names) if (first.push(name) === MAX_LISTED) break;
  return first;
}

/** @throws when it is none: another node has checked it. */
function queryIn(question: unknown): ConnectionQuery {
  if (typeof question !== 'string' || !isObject(JSON.parse(question)))
    throw new TypeError('a query is missing');
  return readConnectionQuery(membersOf(question));
}
