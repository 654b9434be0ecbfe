import { SetMetadata } from '@nestjs/common';

/** The metadata key of the decorators below. */
export const CALLER_HOOK = 'kittiwake:caller-hook';

/** An event of clients that connect to call procedures. */
export type CallerHook = 'connect' | 'disconnect';

const hook = (kind: CallerHook) => (): MethodDecorator => SetMetadata(CALLER_HOOK, kind);

/**
 * Marks a method that is called when a client has connected to call procedures and was admitted. The method gets a
 * {@link CallbackRequest} with the fields of the client's identity. Its result and errors do not affect the client.
 */
export const OnCallerConnect = hook('connect');
/** Marks a method that is called when such a client has disconnected. See {@link OnCallerConnect}. */
export const OnCallerDisconnect = hook('disconnect');
