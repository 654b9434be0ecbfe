import { Registry } from 'prom-client';
import { MetricsSettings } from '../config/sections/operators/metrics.settings.js';
import { Metrics } from '../metrics/metrics.js';
import { CallbackError, ClientError } from '../protocol/errors.js';
import { type JsonMembers, type JsonText, membersOf, toJsonText, valueOf } from '../protocol/json/json.js';
import { providedService } from '../topics/providers/provided-services.js';
import type { Service } from '../topics/service/service.js';
import { TOPIC_CALLBACK } from '../topics/providers/topic-service.decorator.js';
import { TOPIC_ERRORS } from '../topics/topic-errors.js';
import { ExpectationError } from './expectation-error.js';
import { matches } from './matches.js';
import { plainMethods } from './plain-methods.js';
import { type Refused, RefusedError } from './refused-error.js';
import type { Fields } from './requests.js';
import { onOneLine } from './wording.js';

/** Made when the first test needs it; nobody reads it. */
let metrics: Metrics | undefined;

/**
 * A client of a topic service, without a gateway: its methods are asked one after another as for one on a socket, and what
 * they answer is read as the gateway reads it. Guards, pipes, interceptors and exception filters do not run.
 * @param provider an instance of a class with `@TopicService`.
 * @param identity the fields that the client has proved.
 * @throws when the decorators of the provider do not make a service.
 */
export function topicService(provider: object, identity?: Fields): TestedService {
  metrics ??= new Metrics(new MetricsSettings(), new Registry());
  return new TestedService(
    providedService(provider, plainMethods(provider, TOPIC_CALLBACK), metrics),
    identity && membersOf(toJsonText(identity)),
  );
}

/** See {@link topicService}. What a client does here is to succeed: otherwise it throws a {@link RefusedError}. */
export class TestedService {
  /** The fields of what it is subscribed to, by topic. */
  private readonly subscriptions = new Map<string, JsonMembers>();

  constructor(
    private readonly service: Service,
    private readonly identity: JsonMembers | undefined,
  ) {}

  /** Subscribes to a topic, as `service.topic`. @param extra its extra fields. @returns the state, if there is one. */
  async subscribed(topic: string, extra: Fields = {}): Promise<unknown> {
    return told(`subscribe of ${topic}`, () => this.subscribe(topic, membersOf(toJsonText(extra))));
  }

  /** Sends a message. @returns the reply, if there is one. */
  async sent(topic: string, data: unknown): Promise<unknown> {
    return told(`message of ${topic}`, async () => {
      const message = new Map([['data', toJsonText(data)]]);
      const fields = this.fieldsOf(topic);
      return (await this.service.ask('onMessage', () => ({ fields: new Map([...fields, ...message]) }))).get(
        'data',
      );
    });
  }

  /** Unsubscribes. @returns what the service says to it, if anything. */
  async unsubscribed(topic: string): Promise<unknown> {
    return told(`unsubscribe of ${topic}`, async () => {
      const fields = this.fieldsOf(topic);
      const answer = await this.service.ask('beforeUnsubscribe', () => ({ fields }));
      this.subscriptions.delete(topic);
      await this.service.tell('onUnsubscribe', () => ({ fields }));
      return answer.get('data');
    });
  }

  /** Is refused a subscription. @param expected members that the refusal has to have. @returns all of it. */
  async refused(topic: string, expected: Partial<Refused> = {}, extra: Fields = {}): Promise<Refused> {
    const refused = await this.refusal(topic, extra);
    if (!refused) throw new ExpectationError(`subscribe of ${topic} was to be refused, and was not`);
    if (matches(refused, { ...refused, ...expected })) return refused;
    throw new ExpectationError(
      `subscribe of ${topic} was to be refused with ${onOneLine(expected)}, and was with ${onOneLine(refused)}`,
    );
  }

  private async refusal(topic: string, extra: Fields): Promise<Refused | undefined> {
    try {
      await this.subscribed(topic, extra);
      return undefined;
    } catch (error) {
      if (error instanceof RefusedError) return error.refused;
      throw error;
    }
  }

  private async subscribe(topic: string, extra: JsonMembers): Promise<JsonText | undefined> {
    if (!topic.startsWith(`${this.service.name}.`)) throw TOPIC_ERRORS.invalidService();
    if (!this.service.hasTopic(topic)) throw TOPIC_ERRORS.invalidSubscription();
    if (this.service.rules.requireAuthentication && !this.identity)
      throw TOPIC_ERRORS.authenticationRequired();
    const asked = this.question(topic, this.service.extraFieldsOf(extra));
    const answer = await this.service.ask('authorizer', () => ({ fields: asked }));
    const fields = new Map([...asked, ...this.service.authorizerFieldsOf(answer), ...(this.identity ?? [])]);
    const state = await this.service.ask('beforeSubscribe', () => ({ fields }));
    this.subscriptions.set(topic, fields);
    await this.service.tell('onSubscribe', () => ({ fields }));
    return state.get('data');
  }

  private question(topic: string, extra: JsonMembers): JsonMembers {
    return new Map([['subscription', toJsonText(topic)], ...extra, ...(this.identity ?? [])]);
  }

  private fieldsOf(topic: string): JsonMembers {
    const fields = this.subscriptions.get(topic);
    if (!fields) throw TOPIC_ERRORS.notSubscribed();
    return fields;
  }
}

/** @throws {RefusedError} for what a client would be told; any other error as it is. */
async function told(what: string, ask: () => Promise<JsonText | undefined>): Promise<unknown> {
  try {
    const data = await ask();
    return data === undefined || data === 'null' ? undefined : valueOf(data);
  } catch (error) {
    if (error instanceof ClientError) {
      const { code, error: text, data } = error;
      throw new RefusedError(what, { code, error: valueOf(text), ...(data && { data: valueOf(data) }) });
    }
    throw error instanceof CallbackError && error.cause !== undefined ? error.cause : error;
  }
}
