import type { BackOffOptions } from './back-off.js';
import type { Clock } from './clock.js';
import type { PageEvents } from './page/page-events.js';
import type { Signal } from './platform.js';
import type { TransportFactory } from './transport/transport.js';
import type { PingOptions } from './page/watch.js';

export interface AuthContext {
  /**
   * `connect`: a connection begins. `expiring`: the last one ends soon, or has ended. `refused`: the gateway did not take
   * the last one. `asked`: `reauthenticate()`.
   */
  readonly reason: 'connect' | 'expiring' | 'refused' | 'asked';
  /** Aborted when nobody waits for it any more. */
  readonly signal: Signal;
}

/**
 * Gets a token or ticket of the app; null: nobody is logged in. What it throws counts as a network that is down, and it is
 * asked again, unless it throws a `KittiwakeError` that is not `temporary`.
 */
export type Provider<T> = (context: AuthContext) => T | null | Promise<T | null>;

/** A token is kept until 80 % of its time; a ticket is for one connection. */
export type Auth = { readonly token: Provider<string> } | { readonly ticket: Provider<unknown> };

export interface Options {
  /** Of the gateway's `/ws`: `wss:`, `https:`, or relative to the page. A function is asked for each connection. */
  readonly url: string | { readonly href: string } | (() => string | Promise<string>);
  readonly auth?: Auth;
  /** Default: `[webSocket()]`. With `httpStream()` after it, that steps in where WebSockets do not come through. */
  readonly transports?: readonly TransportFactory[];
  /** Of a call or a message, its wait for the connection included. Default: 20,000 ms. */
  readonly timeoutMs?: number;
  /** Of a transport, until its first frame. Default: 8,000 ms. */
  readonly openTimeoutMs?: number;
  /** Calls and messages that may wait for the connection. Default: 100. */
  readonly queue?: number;
  /** The time that a connection stays unused. Default: 5,000 ms. */
  readonly lingerMs?: number;
  readonly backOff?: BackOffOptions;
  readonly ping?: PingOptions;
  /** The source of events of the page and the network; null: none. Default: the browser's events. */
  readonly pageEvents?: PageEvents | null;
  readonly clock?: Clock;
  /** Hears of everything, for a page that shows it. Credentials are not told. */
  readonly debug?: (event: DebugEvent) => void;
}

export interface DebugEvent {
  readonly atMs: number;
  readonly type: 'state' | 'in' | 'out';
  /** The frame, or what `info` says. */
  readonly what: unknown;
}

export interface ListenOptions {
  readonly signal?: Signal;
}

export interface SendOptions extends ListenOptions {
  /** Default: `timeoutMs` of the client. 0: none. */
  readonly timeoutMs?: number;
  /** False: rejects at once when there is no connection. */
  readonly wait?: boolean;
  /** It is idempotent, and may be sent again after a lost connection. */
  readonly retry?: boolean;
}
