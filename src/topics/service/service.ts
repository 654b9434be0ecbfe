import { Logger } from '@nestjs/common';
import { isOk, whyNotOk } from '../../callbacks/http/callback-answer.js';
import { measured } from '../../callbacks/measured.js';
import type { ServiceSettings } from '../../config/sections/service/service.settings.js';
import { keyFor, type KeyOf } from '../../delivery/conflation.js';
import type { DeliveryRules } from '../../delivery/subscription.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import type { Metrics } from '../../metrics/metrics.js';
import { CallbackAnswerError, CallbackError, ClientError } from '../../protocol/errors.js';
import { detached, type JsonMembers, type JsonText } from '../../protocol/json/json.js';
import type { Publication } from '../../protocol/publication.js';
import { DEFAULT_REFUSALS } from '../topic-errors.js';
import { type CallbackKind, END_KINDS } from './callback-kind.js';
import type { ServiceCallbacks, ServiceQuestion } from './service-callbacks.js';
import type { TopicPattern } from './topic-pattern.js';

const CONFLATION_KEYS: Readonly<Record<string, KeyOf<Publication>>> = {
  topic: () => '',
  orderKey: ({ options }) => options.orderKey,
};

/** Callbacks about an authorized subscription that are made even if the client is gone. */
const LATER: readonly CallbackKind[] = [
  'beforeSubscribe',
  'onSubscribe',
  'beforeUnsubscribe',
  'onUnsubscribe',
];

/** The treatment of a service's subscriptions: its settings but for the callbacks. */
export type ServiceRules = Omit<ServiceSettings, CallbackKind | 'headers' | 'coalesce' | 'maxAnswerAgeMs'> & {
  /** The form of its topics; absent: any. */
  readonly pattern?: TopicPattern | undefined;
};

/** The app's code behind a topic prefix: its rules, and the callbacks to it. */
export class Service {
  /** The rules for delivering publications to its subscriptions. */
  readonly delivery: DeliveryRules;
  private readonly warnings = new DigestedLog(new Logger('Topics'));

  constructor(
    readonly name: string,
    readonly rules: ServiceRules,
    private readonly callbacks: ServiceCallbacks,
    private readonly metrics: Metrics,
  ) {
    const { filterFields, slowConsumer, conflateKey, history } = rules;
    this.delivery = { filterFields, keyOf: keyFor(slowConsumer, conflateKey, CONFLATION_KEYS), history };
  }

  /** Whether a topic, which begins with its name, has the form of its topics. */
  hasTopic(topic: string): boolean {
    return this.rules.pattern?.matches(topic) ?? true;
  }

  /** Whether an authorizer is asked about each subscription. */
  get isAuthorizing(): boolean {
    return this.has('authorizer');
  }

  /** Whether it hears anything of a subscription once that is authorized, even if the client is gone by then. */
  get hearsLater(): boolean {
    return LATER.some((kind) => this.has(kind));
  }

  /** Whether it hears of the end of a subscription. */
  get hearsEnds(): boolean {
    return END_KINDS.some((kind) => this.has(kind));
  }

  /** Whether it hears in lists whose clients come and go, and which of its topics are used. */
  get hearsLives(): boolean {
    return this.has('onLifecycle');
  }

  /** Whether it is asked about what clients have missed that is not kept. */
  get fillsGaps(): boolean {
    return this.has('onGap');
  }

  /** The time after which the authorizer is asked again; 0 for never. */
  get renewalPeriodMs(): number {
    return this.isAuthorizing ? (this.rules.authorizationRenewalPeriodMs ?? 0) : 0;
  }

  /** The time between heartbeats about a subscription; 0 for none. */
  get heartbeatPeriodMs(): number {
    return this.has('onHeartbeat') ? (this.rules.heartbeatPeriodMs ?? 0) : 0;
  }

  /** The extra fields among the members of an event. */
  extraFieldsOf(members: JsonMembers): JsonMembers {
    return pick(members, this.rules.extraFields);
  }

  /** The authorizer fields among the members of the authorizer's answer. */
  authorizerFieldsOf(answer: JsonMembers): JsonMembers {
    return pick(answer, this.rules.authorizerFields);
  }

  /**
   * Asks the service. Any answer without `status` "ok" is a refusal.
   * @param question called only when the service has this callback.
   * @returns the members of the answer; none when the service does not have this callback.
   * @throws {ClientError} when it refuses.
   * @throws {CallbackError} when it could not be asked.
   */
  async ask(kind: CallbackKind, question: () => ServiceQuestion): Promise<JsonMembers> {
    return this.has(kind) ? this.put(kind, question()) : NOTHING;
  }

  /** Tells the service; a refusal or a failure has no effect. @returns the data of its answer. */
  async tell(kind: CallbackKind, question: () => ServiceQuestion): Promise<JsonText | undefined> {
    try {
      return await this.insist(kind, question);
    } catch {
      return undefined; // the failure was logged where it happened
    }
  }

  /**
   * Tells the service; a refusal has no effect. @returns the data of its answer.
   * @throws {CallbackError} when it could not be told.
   */
  async insist(kind: CallbackKind, question: () => ServiceQuestion): Promise<JsonText | undefined> {
    if (!this.has(kind)) return undefined;
    const asked = question();
    try {
      return (await this.put(kind, asked)).get('data');
    } catch (error) {
      if (error instanceof CallbackError && !error.isFinal) throw error;
      if (error instanceof ClientError) return error.data;
      if (error instanceof CallbackAnswerError)
        this.warnings.warn(kind, `${kind} of ${this.name}: ${error.message}`, asked.client);
      return undefined;
    }
  }

  /** The one place that knows which callbacks the service has. */
  private has(kind: CallbackKind): boolean {
    return this.callbacks.has(kind);
  }

  private put(kind: CallbackKind, question: ServiceQuestion): Promise<JsonMembers> {
    return measured(this.metrics, { service: this.name, callback: kind, ...question }, async () => {
      const answer = await this.callbacks.ask(kind, question);
      if (!isOk(answer)) throw this.refusalOf(kind, answer);
      return answer;
    });
  }

  private refusalOf(kind: CallbackKind, answer: JsonMembers): ClientError {
    const { code, text } = kind === 'authorizer' ? DEFAULT_REFUSALS.unauthorized : DEFAULT_REFUSALS.refused;
    const verdict = { by: `the app (${kind} of ${this.name})`, why: whyNotOk(answer) };
    return new ClientError(code, text, { error: answer.get('error'), data: answer.get('data'), verdict });
  }
}

const NOTHING: JsonMembers = new Map();

function pick(members: JsonMembers, names: readonly string[]): JsonMembers {
  if (names.length === 0) return NOTHING;
  const picked: JsonMembers = new Map();
  for (const name of names) {
    const value = members.get(name);
    if (value !== undefined) picked.set(name, detached(value));
  }
  return picked;
}
