import type { GatewayEvent, GatewayEventType } from './gateway-event.js';

/** Hears what happens at the gateway. */
export interface GatewayObserver {
  /** Whether somebody wants to know of such events; ask before making one. */
  hears(type: GatewayEventType): boolean;
  /** MUST NOT throw. */
  happened(event: GatewayEvent): void;
}

/** A part of the gateway where something happens. */
export interface Observed {
  /** Has it tell, from now on; nobody calls it where nobody listens. */
  observe(observer: GatewayObserver): void;
}

/** The injection token of all of them. */
export const OBSERVED = Symbol('OBSERVED');
