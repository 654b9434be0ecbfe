import { SetMetadata } from '@nestjs/common';

/**
 * What an endpoint of the gateway is for: `push` for services, who show an API key; `health` for load balancers;
 * `operators` for people who may see metrics and status, of whom the gateway asks nothing.
 */
export type EndpointKind = 'push' | 'health' | 'operators';

/**
 * Where the controllers of the gateway say their {@link EndpointKind}, for the global guards of an app:
 * `reflector.get<EndpointKind | undefined>(KITTIWAKE_ENDPOINT, context.getClass())`.
 */
export const KITTIWAKE_ENDPOINT = 'kittiwake:endpoint';

/** Marks a controller. */
export const EndpointOf = (kind: EndpointKind): ClassDecorator => SetMetadata(KITTIWAKE_ENDPOINT, kind);
