import { SetMetadata } from '@nestjs/common';

/** The metadata key of {@link MayWatch}. */
export const MAY_WATCH = 'kittiwake:may-watch';

/**
 * Marks a method that decides whether somebody else than its caller may watch a kept call of a procedure. It gets a
 * `CallbackRequest` with the fields `procedure`, `call`, `owner` (the identity of the caller) and `identity` (of who wants to
 * watch, null for nobody); it returns true, or nobody may.
 */
export const MayWatch = (procedure: string): MethodDecorator => SetMetadata(MAY_WATCH, procedure);
