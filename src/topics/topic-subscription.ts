import { isSameJson } from '../protocol/canonical-json.js';
import type { Connection } from '../connection/connection.js';
import { textFrame } from '../connection/frame.js';
import type { Envelope } from '../delivery/envelope.js';
import { Subscription } from '../delivery/subscription.js';
import { objectText, toJsonText, type JsonMembers, type JsonText } from '../protocol/json.js';
import type { Service } from './service.js';
import type { Asking } from './service-callbacks.js';
import { TopicEnvelope } from './topic-envelope.js';

/** The session behind a subscription, as far as the subscription goes. */
export interface Subscriber {
  readonly connection: Connection;
  /** The fields that authentication returned; `undefined` for an anonymous session. */
  readonly identity: JsonMembers | undefined;
  /** By topic. */
  readonly subscriptions: ReadonlyMap<string, TopicSubscription>;
}

/** A session's subscription to a topic, with what the client and the authorizer said of it. */
export class TopicSubscription extends Subscription {
  /** See {@link Service.authorizerFieldsOf}. */
  authorizerFields: JsonMembers = new Map();
  /** Reauthorization and heartbeats, while they run. */
  periodicCalls: { stop(): void } | undefined = undefined;

  constructor(
    private readonly subscriber: Subscriber,
    readonly service: Service,
    readonly topic: string,
    /** The extra fields that the client gave when it subscribed. */
    readonly extra: JsonMembers,
    maxHeldLength: number,
    /** Whether the client wants to be told what it has missed. */
    private readonly reportsDrops = false,
  ) {
    super(subscriber.connection, topic, service.rules.filterFields, maxHeldLength, service.keyOf);
  }

  get envelopeKey(): string {
    let key = '';
    for (const [name, value] of this.extra) key += `${JSON.stringify(name)}:${value},`;
    return key;
  }

  makeEnvelope(): Envelope {
    return new TopicEnvelope(this.topic, this.extra);
  }

  /** What the service is told in every callback; later ones win, so that a client cannot forge an identity. */
  callbackFields(data?: JsonText): JsonMembers {
    const fields: JsonMembers = new Map([['subscription', toJsonText(this.topic)]]);
    for (const source of [this.extra, this.authorizerFields, this.subscriber.identity ?? []]) {
      for (const [name, value] of source) fields.set(name, value);
    }
    if (data !== undefined) fields.set('data', data);
    return fields;
  }

  /** What its service is asked is asked for the client. */
  get asking(): Asking {
    return { client: this.connection };
  }

  /** Takes the authorizer's fields. @returns whether they differ from those before. */
  takeAuthorizerFields(fields: JsonMembers): boolean {
    const before = this.authorizerFields;
    this.authorizerFields = fields;
    return (
      before.size !== fields.size || [...fields].some(([name, value]) => !isEqual(before.get(name), value))
    );
  }

  override end(): void {
    this.periodicCalls?.stop();
    super.end();
  }

  override missReport(count: number): Buffer | undefined {
    if (!this.reportsDrops) return undefined;
    const members: JsonMembers = new Map(this.extra);
    members.set('event', '"dropped"' as JsonText).set('subscription', toJsonText(this.topic));
    return textFrame(objectText(members.set('count', toJsonText(count))));
  }

  protected override sibling(topic: string): TopicSubscription | undefined {
    return this.subscriber.subscriptions.get(topic);
  }

  /** An extra field if the service has one of this name, else a field of the identity or of the authorizer. */
  protected override fieldValue(field: string): JsonText | undefined {
    if (this.service.rules.extraFields.includes(field)) return this.extra.get(field);
    return this.subscriber.identity?.get(field) ?? this.authorizerFields.get(field);
  }
}

function isEqual(a: JsonText | undefined, b: JsonText): boolean {
  return a !== undefined && isSameJson(a, b);
}
