import type { PresenceView } from '../../config/sections/presence.settings.js';
import type { Seat } from '../../clients/limits/seat.js';
import type { Connection } from '../../connection/connection.js';
import { textFrame } from '../../connection/outflow/frame.js';
import type { Envelope } from '../../delivery/envelope.js';
import { Subscription, type SubscriptionLimits } from '../../delivery/subscription.js';
import type { LossReason } from '../../history/channel-log.js';
import type { Leased } from '../../leases/lease.js';
import type { ObservedSubscription } from '../../observing/subscription-events.js';
import { isSameJson, keptCanonicalJson } from '../../protocol/json/canonical-json.js';
import { objectText, toJsonText, type JsonMembers, type JsonText } from '../../protocol/json/json.js';
import type { Position } from '../../protocol/position.js';
import type { ServiceQuestion } from '../service/service-callbacks.js';
import type { Service } from '../service/service.js';
import { TopicEnvelope } from './topic-envelope.js';

const NULL = 'null';

/** The session behind a subscription, as far as the subscription goes. */
export interface Subscriber {
  readonly connection: Connection;
  /** The fields that authentication returned; `undefined` for an anonymous session. */
  readonly identity: JsonMembers | undefined;
  /** One of these fields as canonical JSON, made once for all subscriptions. */
  canonicalIdentity(field: string): string | undefined;
  /** By topic. */
  readonly subscriptions: ReadonlyMap<string, TopicSubscription>;
}

/** A client's wish to subscribe to a topic. */
export interface TopicInterest {
  readonly topic: string;
  /** The extra fields that it gives; see {@link Service.extraFieldsOf}. */
  readonly extra: JsonMembers;
  /** Whether it wants to be told how much it has missed because it did not keep up. */
  readonly reportsDrops: boolean;
  /** Whether it wants positions, to come back with. */
  readonly recovers: boolean;
  /** The position with which it comes back, as it gave it. */
  readonly since?: unknown;
  /** The view of who is present that it wants. */
  readonly presence?: PresenceView | undefined;
}

/** A session's subscription to a topic, with its extra fields and authorizer fields. */
export class TopicSubscription extends Subscription implements Leased, ObservedSubscription {
  /** See {@link Service.authorizerFieldsOf}. Absent without an authorizer: an empty map takes 180 bytes. */
  private authorizerFields: JsonMembers | undefined = undefined;
  /** Reauthorization and heartbeats, while they run. */
  periodicCalls: { stop(): void } | undefined = undefined;
  /** That of its client's identity, if that may have only so many; given back at the end. */
  seat: Seat | undefined = undefined;
  readonly topic: string;
  /** The extra fields that the client gave when it subscribed. */
  readonly extra: JsonMembers;
  private readonly reportsDrops: boolean;
  /** Whether its client follows positions, to come back with. */
  readonly recovers: boolean;
  private claimedBytes = 0;
  private comparable: readonly string[] | undefined = undefined;
  /** The identity that {@link comparable} was made with. */
  private comparedIdentity: JsonMembers | undefined = undefined;

  constructor(
    private readonly subscriber: Subscriber,
    readonly service: Service,
    { topic, extra, reportsDrops, recovers }: TopicInterest,
    limits: SubscriptionLimits,
  ) {
    super(subscriber.connection, topic, service.delivery, limits);
    this.topic = topic;
    this.extra = extra;
    this.reportsDrops = reportsDrops;
    this.recovers = recovers && service.delivery.history !== undefined;
  }

  /** See {@link ObservedSubscription}. */
  get observedPlace(): { readonly topic: string } {
    return { topic: this.topic };
  }

  /**
   * Counts the topic and the extra fields towards the bytes that may be kept for the connection, until {@link end}.
   * @returns whether there is room.
   */
  claim(): boolean {
    const bytes = Buffer.byteLength(this.topic) + bytesOf(this.extra);
    if (!this.limits.kept.claim(bytes)) return false;
    this.claimedBytes = bytes;
    return true;
  }

  /** Characters of publications that may be sent at once. */
  get maxReplayLength(): number {
    return this.limits.maxHeldLength / 2;
  }

  get envelopeKey(): string {
    let key = this.recovers ? '@' : '';
    for (const [name, value] of this.extra) key += `${JSON.stringify(name)}:${value},`;
    return key;
  }

  makeEnvelope(): Envelope {
    return new TopicEnvelope(this.topic, this.extra, this.recovers);
  }

  /** The fields of every question; later ones win, so that a client cannot forge an identity. */
  private callbackFields(more: JsonMembers | undefined): JsonMembers {
    const fields: JsonMembers = new Map([['subscription', toJsonText(this.topic)]]);
    for (const source of [this.extra, this.authorizerFields ?? [], this.subscriber.identity ?? []]) {
      for (const [name, value] of source) fields.set(name, value);
    }
    if (more) for (const [name, value] of more) fields.set(name, value);
    return fields;
  }

  /** See {@link Leased.leaseBody}. The topic stands by itself, as a field may have the name `subscription`. */
  leaseBody(): JsonText {
    const fields = objectText(this.callbackFields(undefined));
    return `{"topic":${JSON.stringify(this.topic)},"fields":${fields}}` as JsonText;
  }

  /** A question to its service, for the client. @param more fields, such as the data of a message. */
  question(more?: JsonMembers): ServiceQuestion {
    return { fields: this.callbackFields(more), client: this.connection };
  }

  /** A field that the app has given of the client: of its identity, or of the authorizer. */
  knownField(name: string): JsonText | undefined {
    return this.subscriber.identity?.get(name) ?? this.authorizerFields?.get(name);
  }

  /** Takes what the authorizer says. @returns whether its fields differ from those before. */
  heed(answer: JsonMembers): boolean {
    return this.takeAuthorizerFields(this.service.authorizerFieldsOf(answer));
  }

  /** Sets the authorizer fields. @returns whether they differ from those before. */
  takeAuthorizerFields(fields: JsonMembers): boolean {
    const before = this.authorizerFields;
    this.authorizerFields = fields;
    this.comparable = undefined;
    return (
      (before?.size ?? 0) !== fields.size ||
      [...fields].some(([name, value]) => !isEqual(before?.get(name), value))
    );
  }

  override end(): void {
    this.periodicCalls?.stop();
    this.seat?.release();
    this.limits.kept.release(this.claimedBytes);
    this.claimedBytes = 0;
    super.end();
  }

  override missReport(count: number): Buffer | undefined {
    if (!this.reportsDrops) return undefined;
    return textFrame(objectText(this.event('dropped').set('count', toJsonText(count))));
  }

  override tellPosition(position: Position): void {
    this.tell(this.event('position'), position);
  }

  protected override tellReset(top: Position): void {
    this.tell(this.event('reset').set('reason', toJsonText('position_lost' satisfies LossReason)), top);
  }

  private tell(event: JsonMembers, position: Position): void {
    this.connection.sendText(objectText(event.set('position', toJsonText(position.toString()))));
  }

  private event(name: string): JsonMembers {
    const members: JsonMembers = new Map(this.extra);
    return members.set('event', toJsonText(name)).set('subscription', toJsonText(this.topic));
  }

  protected override sibling(topic: string): TopicSubscription | undefined {
    return this.subscriber.subscriptions.get(topic);
  }

  /** Made on first use, and again when the identity or the authorizer fields have changed. */
  protected override get filterValues(): readonly string[] {
    const { identity } = this.subscriber;
    if (this.comparable === undefined || this.comparedIdentity !== identity) {
      this.comparable = this.service.rules.filterFields.map((field) => this.filterValue(field));
      this.comparedIdentity = identity;
    }
    return this.comparable;
  }

  /** An extra field if the service has one of this name, else a field of the identity or of the authorizer, else null. */
  private filterValue(field: string): string {
    if (this.service.rules.extraFields.includes(field)) return canonical(this.extra.get(field));
    return this.subscriber.canonicalIdentity(field) ?? canonical(this.authorizerFields?.get(field));
  }
}

function canonical(text: JsonText | undefined): string {
  return text === undefined ? NULL : keptCanonicalJson(text);
}

function bytesOf(members: JsonMembers): number {
  let bytes = 0;
  for (const [name, value] of members) bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  return bytes;
}

function isEqual(a: JsonText | undefined, b: JsonText): boolean {
  return a !== undefined && isSameJson(a, b);
}
