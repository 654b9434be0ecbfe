import type { EndReason } from './end-reason.js';

/** A reason for which the gateway closes a connection: its code, and whether a client should come back. */
export interface CloseReason {
  /** The name in logs and metrics. */
  readonly name: string;
  /** The code for clients of `kittiwake.v1.json`; ours are 4000 + the HTTP status of the same meaning. */
  readonly code: number;
  /** The text in the close frame: at most 123 bytes of UTF-8 (RFC 6455 section 5.5). */
  readonly text: string;
  /** Whether a client should reconnect, after a wait. */
  readonly reconnect: boolean;
  /** The reason that the app is told. */
  readonly ends: EndReason;
}

const reason = (
  name: string,
  code: number,
  text: string,
  reconnect: boolean,
  ends: EndReason = 'closed',
): CloseReason => ({ name, code, text, reconnect, ends });

/** Every reason for which the gateway closes a connection. */
export const CLOSE_REASONS = {
  tooManyBytes: reason('too_many_bytes', 1009, 'The frame is too big.', false),
  defect: reason('defect', 1011, 'Internal error.', true),
  reconnect: reason('reconnect', 1012, 'Please reconnect.', true),
  slowConsumer: reason('slow_consumer', 1013, 'Too slow to receive.', true),
  notAuthenticated: reason('not_authenticated', 4428, 'Not authenticated in time.', true),
  appUnavailable: reason('app_unavailable', 4503, 'The app cannot be asked.', true),
  forbidden: reason('forbidden', 4403, 'Forbidden.', false),
  unauthorized: reason('unauthorized', 4401, 'Unauthorized.', true),
  disconnected: reason('disconnected', 4403, 'Disconnected.', false, 'revoked'),
  revoked: reason('revoked', 4401, 'The token was revoked.', true, 'revoked'),
  sessionExpired: reason('session_expired', 4401, 'The token has expired.', true, 'expired'),
  authenticationFailed: reason('authentication_failed', 4401, 'Authentication failed too often.', true),
  tooManyFailures: reason('too_many_failures', 4429, 'Too many failed authentications.', true),
  unresponsive: reason('unresponsive', 4408, 'No answer to a ping.', true, 'lost'),
  replaced: reason('replaced', 4409, 'Replaced by a newer connection.', false),
  tooManyOfIdentity: reason('too_many_of_identity', 4429, 'Too many connections.', true),
  idle: reason('idle', 4408, 'Idle for too long.', true),
  tooManyEvents: reason('too_many_events', 4429, 'Too many events.', true),
} as const satisfies Record<string, CloseReason>;
