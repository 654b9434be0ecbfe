import { randomBytes } from 'node:crypto';

const ID_BYTES = 16;
const FORM = /^[\w-]{22}$/;
/** No topic begins so: the names of services have no colon. */
const CHANNEL = 'kittiwake:call:';

/** An id that nobody can guess: who has that of an anonymous call may watch it. */
export function newCallId(): string {
  return randomBytes(ID_BYTES).toString('base64url');
}

/** Whether a gateway may have given it out. */
export function isCallId(id: unknown): id is string {
  return typeof id === 'string' && FORM.test(id);
}

/** The channel that has what is kept of a call. */
export function callChannel(id: string): string {
  return CHANNEL + id;
}
