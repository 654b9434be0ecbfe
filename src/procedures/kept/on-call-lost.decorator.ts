import { SetMetadata } from '@nestjs/common';

/** The metadata key of {@link OnCallLost}. */
export const ON_CALL_LOST = 'kittiwake:on-call-lost';

/**
 * Marks a method that is told of kept calls of a procedure that have ended with their node. It gets a `CallbackRequest` with the
 * fields `procedure`, `call`, `identity` of the caller, null for nobody, and `results`, how many were kept.
 */
export const OnCallLost = (procedure: string): MethodDecorator => SetMetadata(ON_CALL_LOST, procedure);
