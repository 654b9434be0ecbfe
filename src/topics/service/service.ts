import { Logger } from '@nestjs/common';
import { isOk, whyNotOk } from '../../callbacks/http/callback-answer.js';
import { measured } from '../../callbacks/measured.js';
import { keyFor, type KeyOf } from '../../delivery/conflation.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import type { Metrics } from '../../metrics/metrics.js';
import { CallbackAnswerError, CallbackError, ClientError } from '../../protocol/errors.js';
import { detached, type JsonMembers, type JsonText } from '../../protocol/json/json.js';
import type { Publication } from '../../protocol/publication.js';
import type { CallbackKind } from './callback-kind.js';
import type { Asking, ServiceCallbacks } from './service-callbacks.js';
import type { ServiceRules } from './service-rules.js';
import { DEFAULT_REFUSALS } from '../topic-errors.js';

const CONFLATION_KEYS: Readonly<Record<string, KeyOf<Publication>>> = {
  topic: () => '',
  orderKey: ({ options }) => options.orderKey,
};

/** The app's code behind a topic prefix: its rules, and how it is asked. */
export class Service {
  /** What tells publications apart for a client that does not keep up; absent where it is closed. */
  readonly keyOf: KeyOf<Publication> | undefined;
  private readonly warnings = new DigestedLog(new Logger('Service'));

  constructor(
    readonly name: string,
    readonly rules: ServiceRules,
    private readonly callbacks: ServiceCallbacks,
    private readonly metrics: Metrics,
  ) {
    this.keyOf = keyFor(rules.slowConsumer, rules.conflateKey, CONFLATION_KEYS);
  }

  has(kind: CallbackKind): boolean {
    return this.callbacks.has(kind);
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
   * Asks the service and takes anything but `status` "ok" for a refusal.
   * @returns the members of the answer; none when the service does not want to be asked this.
   * @throws {ClientError} when it refuses.
   * @throws {CallbackError} when it could not be asked.
   */
  async ask(kind: CallbackKind, fields: JsonMembers, asking: Asking): Promise<JsonMembers> {
    if (!this.callbacks.has(kind)) return NOTHING;
    return measured(this.metrics, { service: this.name, callback: kind, ...asking }, async () => {
      const answer = await this.callbacks.ask(kind, { fields, ...asking });
      if (!isOk(answer)) throw this.refusalOf(kind, answer);
      return answer;
    });
  }

  /** Tells the service; whether it agrees, or answers at all, plays no part. @returns the data of its answer. */
  async tell(kind: CallbackKind, fields: JsonMembers, asking: Asking): Promise<JsonText | undefined> {
    try {
      return await this.insist(kind, fields, asking);
    } catch {
      return undefined; // who could not be asked was logged where it happened
    }
  }

  /**
   * Tells the service, whether it agrees or not. @returns the data of its answer.
   * @throws {CallbackError} when it could not be told.
   */
  async insist(kind: CallbackKind, fields: JsonMembers, asking: Asking): Promise<JsonText | undefined> {
    try {
      return (await this.ask(kind, fields, asking)).get('data');
    } catch (error) {
      if (error instanceof CallbackError && !error.isFinal) throw error;
      if (error instanceof ClientError) return error.data;
      if (error instanceof CallbackAnswerError)
        this.warnings.warn(kind, `${kind} of ${this.name}: ${error.message}`, asking.client);
      return undefined;
    }
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
