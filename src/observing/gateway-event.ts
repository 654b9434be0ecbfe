import type { EndReason } from '../protocol/end-reason.js';

/** The connection that something has happened to. */
interface OfConnection {
  /** As `Kittiwake.connections` and `Kittiwake.disconnect` have it. */
  readonly connectionId: string;
}

/** A client has connected, to an endpoint: `topics`, `rooms` or `procedures`. */
export interface ConnectedEvent extends OfConnection {
  readonly type: 'connected';
  readonly endpoint: string;
  /** The name of its transport. */
  readonly transport: string;
  /** As connections are counted by. */
  readonly address: string | undefined;
}

/** A client has proved who it is; again at each further proof. */
export interface AuthenticatedEvent extends OfConnection {
  readonly type: 'authenticated';
  readonly identity: Readonly<Record<string, unknown>>;
  /** The id of its token (`jti`), if it has one. */
  readonly tokenId: string | undefined;
}

/** A topic or a room: one of the two. */
interface OfPlace extends OfConnection {
  readonly topic?: string;
  readonly room?: Readonly<Record<string, unknown>>;
}

/** A subscription has begun. */
export interface SubscribedEvent extends OfPlace {
  readonly type: 'subscribed';
}

/** A subscription has ended, by itself or with its connection. */
export interface UnsubscribedEvent extends OfPlace {
  readonly type: 'unsubscribed';
  readonly reason: EndReason;
}

/** A connection has ended. */
export interface EndedEvent extends OfConnection {
  readonly type: 'ended';
  readonly endpoint: string;
  readonly reason: EndReason;
  /** The name of the close reason, where the gateway has closed it. */
  readonly closedFor: string | undefined;
}

/** Something was refused, to a client or a service. The words of the app are not in it. */
export interface RefusedEvent {
  readonly type: 'refused';
  /** Absent where there is no connection, as of a handshake. */
  readonly connectionId: string | undefined;
  readonly address: string | undefined;
  /** The code of the error, or the name of the close reason or of the refused handshake. */
  readonly code: string;
  /** The action that was asked for, such as `subscribe`. */
  readonly what: string;
  /** The party that has decided, such as `the gateway`, and why. */
  readonly by: string;
  readonly why: string;
}

/** Something that happens at the gateway of one process. */
export type GatewayEvent =
  | ConnectedEvent
  | AuthenticatedEvent
  | SubscribedEvent
  | UnsubscribedEvent
  | EndedEvent
  | RefusedEvent;

export type GatewayEventType = GatewayEvent['type'];
