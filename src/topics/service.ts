import type { Metrics } from '../metrics/metrics.js';
import { CallbackError, ClientError } from '../protocol/errors.js';
import type { JsonMembers, JsonText } from '../protocol/json.js';
import type { CallbackKind } from './callback-kind.js';
import type { ServiceCallbacks } from './service-callbacks.js';
import type { ServiceRules } from './service-rules.js';
import { DEFAULT_REFUSALS } from './topic-errors.js';

/** The app's code behind a topic prefix: its rules, and how it is asked. */
export class Service {
  constructor(
    readonly name: string,
    readonly rules: ServiceRules,
    private readonly callbacks: ServiceCallbacks,
    private readonly metrics: Metrics,
  ) {}

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
  async ask(kind: CallbackKind, fields: JsonMembers, signal?: AbortSignal): Promise<JsonMembers> {
    if (!this.callbacks.has(kind)) return NOTHING;
    const startedMs = performance.now();
    let outcome = 'failed';
    try {
      const answer = await this.callbacks.ask(kind, { fields, signal });
      outcome = answer.get('status') === '"ok"' ? 'ok' : 'refused';
      if (outcome === 'refused') throw refusalOf(kind, answer);
      return answer;
    } catch (error) {
      if (error instanceof CallbackError) outcome = 'unavailable';
      else if (signal?.aborted) outcome = 'cancelled';
      throw error;
    } finally {
      this.metrics.callbackDone(this.name, kind, outcome, (performance.now() - startedMs) / 1000);
    }
  }

  /** Tells the service; what it answers, or whether it does, plays no part. */
  async tell(kind: CallbackKind, fields: JsonMembers, signal?: AbortSignal): Promise<JsonText | undefined> {
    try {
      return (await this.ask(kind, fields, signal)).get('data');
    } catch {
      return undefined; // failures were logged and counted where they happened
    }
  }
}

const NOTHING: JsonMembers = new Map();

function refusalOf(kind: CallbackKind, answer: JsonMembers): ClientError {
  const { code, text } = kind === 'authorizer' ? DEFAULT_REFUSALS.unauthorized : DEFAULT_REFUSALS.refused;
  return new ClientError(code, text, { error: answer.get('error'), data: answer.get('data') });
}

function pick(members: JsonMembers, names: readonly string[]): JsonMembers {
  if (names.length === 0) return NOTHING;
  const picked: JsonMembers = new Map();
  for (const name of names) {
    const value = members.get(name);
    if (value !== undefined) picked.set(name, value);
  }
  return picked;
}
