import type {
  ClientQuery,
  ConnectionsQuery,
  RevokeOptions,
  RevokeResult,
} from '../clients/clients-in-process.js';
import type { ConnectionEntry } from '../clients/connected-clients.js';
import type { ConnectionPage } from '../clients/connection-pages.js';
import type { Counted } from '../clients/counted.js';
import type {
  DisconnectOptions,
  KeptPublications,
  Kittiwake,
  PublishOptions,
  PublishResult,
} from '../kittiwake.js';
import { toJsonText, valueOf } from '../protocol/json/json.js';
import { PublicationError } from '../protocol/publication.js';
import type { Presence, PresenceQuery, PresentMember } from '../push/reading/presence-in-process.js';
import type { TriggerOptions, TriggerResult } from '../rooms/rooms-in-process.js';
import type { HistoryQuery } from '../topics/topic-history.js';
import { FakeHistory } from './fake-history.js';
import { matches } from './matches.js';

/** A publication, its data as subscribers would get it. */
export interface FakePublication {
  readonly topic: string;
  readonly data: unknown;
  readonly options?: PublishOptions;
}

/** A trigger, its data as subscribers would get it. */
export interface FakeTrigger {
  readonly rooms: readonly object[];
  readonly data: unknown;
  readonly options?: TriggerOptions;
}

const ALL = { isComplete: true, nodes: { asked: 1, answered: 1 } } as const;
const DEFAULT_TTL_MS = 2_073_600_000;

/**
 * Takes the place of {@link Kittiwake} in tests of what injects it, and remembers what it was told:
 * `{ provide: Kittiwake, useClass: FakeKittiwake }`. Nobody is connected to it.
 */
export class FakeKittiwake implements Kittiwake {
  /** In order; a repetition, by its idempotency key, is not there. */
  readonly published: FakePublication[] = [];
  /** As {@link published}. */
  readonly triggered: FakeTrigger[] = [];
  readonly disconnected: (ClientQuery & DisconnectOptions)[] = [];
  readonly unsubscribed: ClientQuery[] = [];
  readonly revoked: (Pick<ClientQuery, 'identity' | 'tokenId'> & RevokeOptions)[] = [];
  /** The connections whose rooms were renewed; `undefined` is all. */
  readonly renewed: (string | undefined)[] = [];
  /** The answer of {@link connections}, whatever the query; a test fills it. */
  readonly connected: ConnectionEntry[] = [];
  private readonly histories = new FakeHistory();
  private readonly present: { readonly place: unknown; readonly members: readonly PresentMember[] }[] = [];
  private readonly keys = new Set<string>();
  private failure: Error | undefined;

  /** The data of what was published to a topic. */
  publishedTo(topic: string): unknown[] {
    return this.published.filter((one) => one.topic === topic).map(({ data }) => data);
  }

  /** The data of the triggers that name a room. */
  triggeredIn(room: object): unknown[] {
    const isOfRoom = ({ rooms }: FakeTrigger): boolean => rooms.some((one) => matches(one, asJson(room)));
    return this.triggered.filter(isOfRoom).map(({ data }) => data);
  }

  /** Has somebody present in a topic or a room, in place of who was. */
  arrange(place: string | object, members: readonly PresentMember[]): void {
    this.present.unshift({ place: asJson(place), members });
  }

  /** Has everything fail from now on, as when the broker is lost; without an error, no more. */
  failWith(error: Error | undefined): void {
    this.failure = error;
  }

  /** See {@link Kittiwake.publish}. */
  async publish(topic: string, data: unknown, options?: PublishOptions): Promise<PublishResult> {
    this.works();
    if (!/^[^.]+\../s.test(topic))
      throw new PublicationError('"subscription" must be <service>.<topic> of a service');
    const seen = asJson(data);
    if (this.isRepeated(options?.idempotencyKey, topic)) return { isRepeated: true };
    this.published.push({ topic, data: seen, ...(options && { options }) });
    return { position: this.histories.add(topic, seen), isRepeated: false };
  }

  /** See {@link Kittiwake.history}: of every topic all is kept. */
  async history(topic: string, query: HistoryQuery = {}): Promise<KeptPublications> {
    this.works();
    return this.histories.read(topic, query);
  }

  /** See {@link Kittiwake.presence}; {@link arrange} says who is there. */
  async presence(where: string | object, { limit = Infinity }: PresenceQuery = {}): Promise<Presence> {
    this.works();
    const found = this.present.find(({ place }) => matches(place, asJson(where)));
    const members = found?.members ?? [];
    return { count: members.length, ...(members.length <= limit && { members }) };
  }

  /** See {@link Kittiwake.presenceCounts}. */
  async presenceCounts(places: readonly (string | object)[]): Promise<number[]> {
    return Promise.all(places.map(async (place) => (await this.presence(place)).count));
  }

  /** See {@link Kittiwake.trigger}. */
  async trigger(rooms: readonly object[], data: unknown, options?: TriggerOptions): Promise<TriggerResult> {
    this.works();
    const seen = asJson(data);
    const isRepeated = this.isRepeated(options?.idempotencyKey, '');
    if (!isRepeated)
      this.triggered.push({ rooms: asJson(rooms) as object[], data: seen, ...(options && { options }) });
    return { reached: 0, isRepeated };
  }

  /** See {@link Kittiwake.renewRooms}. */
  async renewRooms(connectionId?: string): Promise<void> {
    this.works();
    this.renewed.push(connectionId);
  }

  /** See {@link Kittiwake.disconnect}. */
  async disconnect(query: ClientQuery, options?: DisconnectOptions): Promise<Counted> {
    this.works();
    this.disconnected.push({ ...query, ...options });
    return { count: 0, ...ALL };
  }

  /** See {@link Kittiwake.revoke}. */
  async revoke(
    query: Pick<ClientQuery, 'identity' | 'tokenId'>,
    options?: RevokeOptions,
  ): Promise<RevokeResult> {
    this.works();
    this.revoked.push({ ...query, ...options });
    const until = new Date(Date.now() + (options?.ttlMs ?? DEFAULT_TTL_MS));
    return { count: 0, ...ALL, until };
  }

  /** See {@link Kittiwake.connections}: all that are {@link connected}, on one page. */
  async connections(_query?: ConnectionsQuery): Promise<ConnectionPage> {
    this.works();
    return { connections: this.connected, total: this.connected.length, missing: [], ...ALL };
  }

  /** See {@link Kittiwake.unsubscribe}. */
  async unsubscribe(query: ClientQuery): Promise<Counted> {
    this.works();
    this.unsubscribed.push(query);
    return { count: 0, ...ALL };
  }

  private works(): void {
    if (this.failure) throw this.failure;
  }

  private isRepeated(key: string | undefined, topic: string): boolean {
    if (key === undefined) return false;
    const whole = toJsonText([topic, key]);
    if (this.keys.has(whole)) return true;
    this.keys.add(whole);
    return false;
  }
}

/** A value as it arrives on the other side. @throws {TypeError} when it cannot be JSON. */
function asJson(value: unknown): unknown {
  return valueOf(toJsonText(value));
}
