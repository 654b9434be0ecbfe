import type { ArgumentsHost } from '@nestjs/common';
import type { EndReason } from '../protocol/end-reason.js';
import type { Handshake } from '../protocol/handshake.js';
import { valueOf, type JsonMembers } from '../protocol/json/json.js';

/** The end that a callback is about. */
export interface CallbackEnd {
  /** The same whenever this callback is repeated, and of no other: what comes a second time can be left alone. */
  readonly id: string;
  readonly reason: EndReason;
}

/** The circumstances of a callback, besides its members. */
export interface Circumstances {
  /** Of a callback about an end: what ended is not there any more, whatever is answered. */
  readonly end?: CallbackEnd | undefined;
  /** See {@link CallbackRequest.handshake}. */
  readonly handshake?: Handshake | undefined;
  /** See {@link CallbackRequest.callback}. */
  readonly callback?: string | undefined;
  /** The connection that it is about, whose id may be dear to make. */
  readonly client?: { readonly id?: string | undefined } | undefined;
}

/** A callback to a provider in process, with the members that the body of the HTTP callback would have. */
export class CallbackRequest {
  /** Of a callback about an end: what ended is not there any more, whatever is answered. */
  readonly end: CallbackEnd | undefined;
  /**
   * The request with which the client has connected: for `@BeforeConnect()`, and for topics, tickets, rooms and calls where the option
   * `keepHandshakes` of the module is on; not where the client is gone with its node, or there are several.
   */
  readonly handshake: Handshake | undefined;
  /** Its kind: `authorizer` and so on, as the configuration names what goes over HTTP; `ticket`; `beforeConnect`. */
  readonly callback: string | undefined;
  private readonly client: { readonly id?: string | undefined } | undefined;
  private parsed: Readonly<Record<string, unknown>> | undefined;

  constructor(
    private readonly members: JsonMembers,
    /** Aborted when the answer is no longer needed: the client or its subscription is gone. */
    readonly signal: AbortSignal,
    { end, handshake, callback, client }: Circumstances = {},
  ) {
    this.end = end;
    this.handshake = handshake;
    this.callback = callback;
    this.client = client;
  }

  /**
   * The request that a guard, an interceptor, an exception filter or a parameter decorator works for; `undefined` when
   * Nest has it work for something else, such as an HTTP request.
   */
  static of(context: ArgumentsHost): CallbackRequest | undefined {
    const request: unknown = context.getArgByIndex(0);
    return request instanceof CallbackRequest ? request : undefined;
  }

  /**
   * The connection of the client, as `Kittiwake.disconnect` and events of the gateway have it; absent where there is none yet or
   * any more, or there are several.
   */
  get connectionId(): string | undefined {
    return this.client?.id;
  }

  /** All fields, by name. Numbers beyond 2^53 lose digits; see {@link text}. */
  get fields(): Readonly<Record<string, unknown>> {
    this.parsed ??= Object.freeze(
      Object.fromEntries([...this.members].map(([name, text]) => [name, valueOf(text)] as const)),
    );
    return this.parsed;
  }

  /** A field as the JSON text it came in, with every digit. */
  text(name: string): string | undefined {
    return this.members.get(name);
  }
}
