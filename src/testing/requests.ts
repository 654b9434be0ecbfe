import type { IncomingHttpHeaders } from 'node:http';
import { TicketRequest } from '../auth/ticket-request.js';
import { CallbackRequest, type Circumstances } from '../callbacks/callback-request.js';
import type { ClientEndpoint } from '../clients/admitting/before-connect.decorator.js';
import { ConnectRequest } from '../clients/admitting/connect-request.js';
import { ProcedureCall } from '../procedures/procedure-call.js';
import { Handshake } from '../protocol/handshake.js';
import { type JsonMembers, membersOf, toJsonText } from '../protocol/json/json.js';
import type { LifecycleEvent } from '../topics/lifecycle/lifecycle-event.js';
import { LifecycleRequest } from '../topics/lifecycle/lifecycle-request.js';
import { GapRequest } from '../topics/providers/gap-request.js';
import { type MessageRequest, SubscriptionRequest } from '../topics/providers/subscription-request.js';

/** Fields of a request, or of an identity, by name. */
export type Fields = Readonly<Record<string, unknown>>;

/** The circumstances of a request that is made by a test. */
export interface RequestOptions extends Circumstances {
  /** Default: one that is never aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** The fields of a request about a subscription. */
export interface SubscriptionRequestFields<Data> extends Fields {
  /** Default: `service.topic`. */
  readonly subscription?: string | undefined;
  readonly data?: Data;
}

/** The request for every method of a topic service, but for those below: for `@OnMessage()` with `data`. */
export function subscriptionRequest<Data>(
  { subscription = 'service.topic', ...fields }: SubscriptionRequestFields<Data> = {},
  { signal = idle(), ...circumstances }: RequestOptions = {},
): MessageRequest<Data> {
  const request = new SubscriptionRequest(members({ subscription, ...fields }), signal, circumstances);
  return request as MessageRequest<Data>;
}

/** The request for `@OnGap()`. */
export function gapRequest(
  { subscription = 'service.topic', position = 'epoch.1', reason = 'gap_too_long' }: Fields = {},
  { signal = idle() }: RequestOptions = {},
): GapRequest {
  return new GapRequest(members({ subscription, position, reason }), signal);
}

/** The request for `@OnLifecycle()`; of its events, what is not given is made up. */
export function lifecycleRequest(
  service: string,
  events: readonly Partial<LifecycleEvent>[],
  { signal = idle() }: RequestOptions = {},
): LifecycleRequest {
  const whole = events.map((event, at) => ({
    event: 'began',
    id: `event-${at}`,
    at: AT,
    node: 'node',
    ...event,
  }));
  return new LifecycleRequest(members({ service, events: whole }), signal);
}

/** The request for `@ValidateTicket()`. */
export function ticketRequest(
  ticket: unknown,
  { signal = idle(), ...circumstances }: RequestOptions = {},
): TicketRequest {
  return new TicketRequest(members({ ticket }), signal, circumstances);
}

/** A client that wants to connect. */
export interface ConnectRequestFields {
  /** Default: `topics`. */
  readonly endpoint?: ClientEndpoint | undefined;
  /** The path and the query. Default: `/`. */
  readonly url?: string | undefined;
  /** By lower-case name. */
  readonly headers?: IncomingHttpHeaders | undefined;
  readonly address?: string | undefined;
}

/** The request for `@BeforeConnect()`. */
export function connectRequest(
  { endpoint = 'topics', url = '/', headers = {}, address }: ConnectRequestFields = {},
  { signal = idle() }: RequestOptions = {},
): ConnectRequest {
  return new ConnectRequest(endpoint, new Handshake(url, headers, address), signal);
}

/** A client of rooms, as its callbacks know it. */
export interface RoomsRequestFields {
  readonly connectionId?: string | undefined;
  /** Those that are made of its handshake, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The request for `@AllowedRooms()` and the others of rooms. */
export function roomsRequest(
  { connectionId = 'connection', headers = {} }: RoomsRequestFields = {},
  { signal = idle(), end }: RequestOptions = {},
): CallbackRequest {
  return new CallbackRequest(members({ connection_id: connectionId, headers }), signal, { end });
}

/** The request for `@OnCallerConnect()` and `@OnCallerDisconnect()`: the fields of an identity. */
export function callerRequest(
  identity: Fields = {},
  { signal = idle() }: RequestOptions = {},
): CallbackRequest {
  return new CallbackRequest(members(identity), signal);
}

/** A call of a procedure by somebody. */
export interface CallFields {
  /** Default: `procedure`. */
  readonly procedure?: string | undefined;
  /** The caller; absent: nobody that is known. */
  readonly identity?: Fields | undefined;
  /** Whether the caller has the service secret. Default: false. */
  readonly isService?: boolean | undefined;
  /** The arguments, as they were given. */
  readonly params?: readonly unknown[] | Fields | undefined;
}

/** The call that `@CurrentCall()` gives a procedure. */
export function procedureCall(
  { procedure = 'procedure', identity, isService = false, params = [] }: CallFields = {},
  { signal = idle() }: RequestOptions = {},
): ProcedureCall {
  const isList = Array.isArray(params);
  const given = {
    positional: isList ? (params as readonly unknown[]) : [],
    named: new Map(isList ? [] : Object.entries(params)),
  };
  return new ProcedureCall(procedure, given, { identity: identity && members(identity), isService }, signal);
}

const AT = '2026-01-01T00:00:00.000Z';

function idle(): AbortSignal {
  return new AbortController().signal;
}

function members(fields: Fields): JsonMembers {
  return membersOf(toJsonText(fields));
}
