import { ClientError } from '../../../protocol/errors.js';

/** The errors of calls that outlive their connections. */
export const KEPT_ERRORS = {
  /** All after a position is not kept any more, or never was. */
  positionLost: () => new ClientError('position_lost', 'What came after this position is not kept any more.'),
  /** Only of procedures whose calls are kept can a start be repeated. */
  notResumable: () => new ClientError('not_resumable', 'Calls of this procedure are not kept.'),
  invalidKey: () =>
    new ClientError('invalid_idempotency_key', 'An idempotency key must be a text of 1 to 255 characters.'),
  /** The call has given more than is kept of one. */
  callTooLarge: () => new ClientError('call_too_large', 'The call gave more than is kept of a call.'),
  /** The node that ran it is gone, and no other could go on with it. */
  callLost: () => new ClientError('call_lost', 'The node that ran the call is gone.'),
  callAbandoned: () => new ClientError('call_abandoned', 'Nobody watched the call any more.'),
  /** The client has said that it watches no longer; the call goes on. */
  watchCancelled: () => new ClientError('watch_cancelled', 'The call is not watched any more, and goes on.'),
} as const;
