import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 16;
const MARK_BYTES = 6;
/** Both are whole numbers of characters, so that they can be told apart. */
const SECRET_LENGTH = Math.ceil((SECRET_BYTES * 4) / 3);
const NAME = /^[\w-]{30}$/;

/** Tells a node apart from others, without its name, which has that of the machine in it. */
export function nodeMark(node: string): string {
  return createHash('sha256').update(node).digest().subarray(0, MARK_BYTES).toString('base64url');
}

/** The name of a new session of a node: nobody guesses it, and every node can tell whose it is. */
export function newSession(mark: string): string {
  return randomBytes(SECRET_BYTES).toString('base64url') + mark;
}

/** The mark of the node that has a session; nothing when it is no name of one. */
export function markIn(session: string): string | undefined {
  return NAME.test(session) ? session.slice(SECRET_LENGTH) : undefined;
}
