import { valueOf, type JsonMembers } from '../protocol/json.js';

/**
 * What the gateway asks a provider. As over HTTP, it has the subscription, extra fields, authorizer fields and the
 * client's identity, of which a later one wins over an earlier one of the same name.
 */
export class CallbackRequest {
  private parsed: Readonly<Record<string, unknown>> | undefined;

  constructor(
    private readonly members: JsonMembers,
    /** Aborted when the answer is of no use any more. */
    readonly signal: AbortSignal | undefined,
  ) {}

  /** Everything that is known, by name. Numbers beyond 2^53 lose digits; see {@link text}. */
  get fields(): Readonly<Record<string, unknown>> {
    this.parsed ??= Object.freeze(
      Object.fromEntries([...this.members].map(([name, text]) => [name, valueOf(text)] as const)),
    );
    return this.parsed;
  }

  /** The topic that was subscribed to, `service.name`. */
  get subscription(): string {
    return String(this.fields.subscription);
  }

  /** The topic without its service. */
  get topic(): string {
    return this.subscription.slice(this.subscription.indexOf('.') + 1);
  }

  /** The data of a client's message; null when it had none. */
  get data(): unknown {
    return this.fields.data;
  }

  /** A field as the JSON text it came in, with every digit. */
  text(name: string): string | undefined {
    return this.members.get(name);
  }
}

/** A request about a subscription. */
export type SubscriptionRequest = CallbackRequest;

/** A message of a client; `T` is what the service expects as its data. */
export interface MessageRequest<T = unknown> extends CallbackRequest {
  readonly data: T;
}
