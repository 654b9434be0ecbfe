import { CallbackRequest } from '../../callbacks/callback-request.js';
import type { LifecycleEvent } from './lifecycle-event.js';

/** A list of what has happened to the clients and topics of a service. */
export class LifecycleRequest extends CallbackRequest {
  /** The name of the service. */
  get service(): string {
    return this.fields.service as string;
  }

  /** In the order in which it happened. */
  get events(): readonly LifecycleEvent[] {
    return this.fields.events as readonly LifecycleEvent[];
  }
}
