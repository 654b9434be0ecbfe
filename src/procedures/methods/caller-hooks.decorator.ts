import { SetMetadata } from '@nestjs/common';

/** Where the decorators below leave their mark. */
export const CALLER_HOOK = 'kittiwake:caller-hook';

/** What is told of clients that connect to call procedures. */
export type CallerHook = 'connect' | 'disconnect';

const hook = (kind: CallerHook) => (): MethodDecorator => SetMetadata(CALLER_HOOK, kind);

/**
 * Told that a client has connected to call procedures and was let in. The method gets a {@link CallbackRequest} whose
 * fields are those of the client's identity. What it returns or throws changes nothing for the client.
 */
export const OnCallerConnect = hook('connect');
/** Told that such a client has gone. See {@link OnCallerConnect}. */
export const OnCallerDisconnect = hook('disconnect');
