import { type CallbackEnd, CallbackRequest, type Circumstances } from '../../callbacks/callback-request.js';
import { type JsonMembers, membersOf, toJsonText } from '../../protocol/json/json.js';
import type { TopicParams } from '../service/topic-params.js';
import type { TopicPattern } from '../service/topic-pattern.js';

/** The fields of a request, as a test of a provider gives them. */
export interface SubscriptionFields<Data> {
  readonly subscription: string;
  readonly data?: Data;
  readonly [field: string]: unknown;
}

/**
 * A request to a topic service. Its fields are the subscription, extra fields, authorizer fields and the client's
 * identity, of which a later one wins over an earlier one of the same name, and `data` for a message. `Pattern` is that of
 * its service, where it has one: `SubscriptionRequest<'orders.:id'>`.
 */
export class SubscriptionRequest<Pattern extends string = string> extends CallbackRequest {
  constructor(
    members: JsonMembers,
    signal: AbortSignal,
    circumstances?: Circumstances,
    private readonly pattern?: TopicPattern,
  ) {
    super(members, signal, circumstances);
  }

  /** A request to test a provider with. */
  static from<Data>(
    fields: SubscriptionFields<Data>,
    signal: AbortSignal = new AbortController().signal,
    end?: CallbackEnd,
  ): MessageRequest<Data> {
    return new SubscriptionRequest(membersOf(toJsonText(fields)), signal, { end }) as MessageRequest<Data>;
  }

  /** The topic that was subscribed to, `service.name`. */
  get subscription(): string {
    return this.fields.subscription as string;
  }

  /** The topic without its service. */
  get topic(): string {
    return this.subscription.slice(this.subscription.indexOf('.') + 1);
  }

  /** The parameters of the topic, by their names in the pattern of the service; none without one. */
  get params(): TopicParams<Pattern> {
    return (this.pattern?.paramsOf(this.subscription) ?? {}) as TopicParams<Pattern>;
  }

  /** The data of a client's message, unchecked. Null when the message had none. */
  get data(): unknown {
    return this.fields.data;
  }
}

/** A message of a client; `Data` is what the service expects, not what was checked: see `MessageData`. */
export interface MessageRequest<
  Data = unknown,
  Pattern extends string = string,
> extends SubscriptionRequest<Pattern> {
  readonly data: Data;
}
