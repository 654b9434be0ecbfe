import { Injectable } from '@nestjs/common';
import {
  type ClientQuery,
  ClientsInProcess,
  type ConnectionsQuery,
  type RevokeOptions,
  type RevokeResult,
} from './clients/clients-in-process.js';
import type { ConnectionPage } from './clients/connection-pages.js';
import type { Counted } from './clients/counted.js';
import {
  type DisconnectOptions,
  type KeptPublication,
  type KeptPublications,
  Kittiwake,
  type PublishOptions,
  type PublishResult,
} from './kittiwake.js';
import { valueOf } from './protocol/json/json.js';
import type { Publication } from './protocol/publication.js';
import { type Presence, PresenceInProcess, type PresenceQuery } from './push/reading/presence-in-process.js';
import { RoomsInProcess, type TriggerOptions, type TriggerResult } from './rooms/rooms-in-process.js';
import type { HistoryQuery } from './topics/topic-history.js';
import { TopicsInProcess } from './topics/topics-in-process.js';

/** The gateway of this process. */
@Injectable()
export class GatewayKittiwake extends Kittiwake {
  constructor(
    private readonly topics: TopicsInProcess,
    private readonly rooms: RoomsInProcess,
    private readonly clients: ClientsInProcess,
    private readonly presences: PresenceInProcess,
  ) {
    super();
  }

  override async publish(topic: string, data: unknown, options: PublishOptions = {}): Promise<PublishResult> {
    const appended = await this.topics.publish(topic, data, options, options.idempotencyKey);
    if (!appended) return { isRepeated: false };
    return { position: appended.position.toString(), isRepeated: appended.isRepeated };
  }

  override async history(topic: string, query: HistoryQuery = {}): Promise<KeptPublications> {
    const { top, isComplete, publications } = await this.topics.history(topic, query);
    return { position: top.toString(), isComplete, publications: publications.map(keptPublication) };
  }

  override presence(where: string | object, query: PresenceQuery = {}): Promise<Presence> {
    return this.presences.read(where, query);
  }

  override presenceCounts(places: readonly (string | object)[]): Promise<number[]> {
    return this.presences.count(places);
  }

  override trigger(
    rooms: readonly object[],
    data: unknown,
    options: TriggerOptions = {},
  ): Promise<TriggerResult> {
    return this.rooms.trigger(rooms, data, options);
  }

  override renewRooms(connectionId?: string): Promise<void> {
    return this.rooms.renew(connectionId);
  }

  override disconnect(query: ClientQuery, { comesBack = false }: DisconnectOptions = {}): Promise<Counted> {
    return this.clients.disconnect(query, comesBack);
  }

  override revoke(
    query: Pick<ClientQuery, 'identity' | 'tokenId'>,
    options: RevokeOptions = {},
  ): Promise<RevokeResult> {
    return this.clients.revoke(query, options);
  }

  override connections(query: ConnectionsQuery = {}): Promise<ConnectionPage> {
    return this.clients.connections(query);
  }

  override unsubscribe(query: ClientQuery): Promise<Counted> {
    return this.clients.unsubscribe(query);
  }
}

function keptPublication({ position, data, publishedAt }: Publication): KeptPublication {
  return { position: String(position), data: valueOf(data), text: data, publishedAt };
}
