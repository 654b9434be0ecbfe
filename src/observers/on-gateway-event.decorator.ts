import { SetMetadata } from '@nestjs/common';
import type { GatewayEvent, GatewayEventType } from '../observing/gateway-event.js';

/** The metadata key of {@link OnGatewayEvent}: a list of {@link GatewayEventType}. */
export const ON_GATEWAY_EVENT = 'kittiwake:on-gateway-event';

/** A method that hears events of these types, of the right parameter. */
type Listening<Type extends GatewayEventType> = <
  Method extends (event: Extract<GatewayEvent, { type: Type }>) => unknown,
>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

/**
 * Marks the method of a provider that is told what happens at the gateway of its process, after it has happened: nothing waits
 * for it, and what it throws is logged. Guards and the like have no part in it.
 * @param types of the events; none are all.
 */
export function OnGatewayEvent<Type extends GatewayEventType = GatewayEventType>(
  ...types: Type[]
): Listening<Type> {
  return SetMetadata(ON_GATEWAY_EVENT, types);
}
