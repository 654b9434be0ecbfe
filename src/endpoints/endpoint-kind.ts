import { SetMetadata } from '@nestjs/common';

/**
 * The purpose of an endpoint of the gateway: `push` for services, with an API key; `health` for load balancers;
 * `client` for the client that pages load, which is public; `operators` for metrics, status and the console, of which the
 * gateway asks only the console for a key.
 */
export type EndpointKind = 'push' | 'health' | 'client' | 'operators';

/**
 * The metadata key of the {@link EndpointKind} of the gateway's controllers, for the global guards of an app:
 * `reflector.get<EndpointKind | undefined>(KITTIWAKE_ENDPOINT, context.getClass())`.
 */
export const KITTIWAKE_ENDPOINT = 'kittiwake:endpoint';

/** Marks a controller. */
export const EndpointOf = (kind: EndpointKind): ClassDecorator => SetMetadata(KITTIWAKE_ENDPOINT, kind);
