/** A reason for which a handshake, or a plain request in its place, is refused. */
export interface HandshakeReason {
  /** The name in logs and metrics. */
  readonly kind: string;
  readonly status: number;
  readonly why: string;
}

const reason = (kind: string, status: number, why: string): HandshakeReason => ({ kind, status, why });

/** Every reason for which the gateway refuses a handshake. */
export const HANDSHAKE_REASONS = {
  badTarget: reason('bad_target', 400, 'its target is no path'),
  pathNotFound: reason('path_not_found', 404, 'no endpoint has this path'),
  originNotAllowed: reason('origin_not_allowed', 403, 'its origin is not among the configured ones'),
  notAWebSocket: reason('not_a_web_socket', 400, 'it is no handshake of RFC 6455'),
  versionNotSpoken: reason('version_not_spoken', 426, 'it is for another version of WebSocket'),
  methodNotAllowed: reason('method_not_allowed', 405, 'its method is not GET'),
  tokenMissing: reason('handshake_token_missing', 401, 'it has no token'),
  tokenRefused: reason('handshake_token_refused', 401, 'its token is refused'),
  unauthorized: reason('unauthorized', 401, 'the app does not know who it is'),
  forbidden: reason('forbidden', 403, 'the app does not let it connect'),
  appUnavailable: reason('app_unavailable', 503, 'the app cannot be asked whether it may connect'),
  tooManyFailures: reason(
    'too_many_failures',
    429,
    'too many authentications from its address have failed (auth.maxFailuresPerAddress)',
  ),
  keyMissing: reason('key_missing', 500, 'there is no key to verify its token with (auth.jwt)'),
  keysUnavailable: reason('keys_unavailable', 503, 'the keys to verify its token with cannot be fetched'),
  tooManyOfAddress: reason('too_many_of_address', 429, 'its address has limits.connectionsPerAddress'),
  tooManyConnections: reason('too_many_connections', 503, 'there are limits.connections'),
  notAccepting: reason('not_accepting', 503, 'the gateway stops, or its broker is lost'),
  tooManyWaiting: reason('too_many_waiting', 503, 'limits.acceptQueue wait before it'),
  tooLate: reason(
    'handshake_too_late',
    503,
    'its turn, or an answer, did not come within limits.handshakeTimeout',
  ),
  defect: reason('handshake_defect', 500, 'a defect: the error is in the log'),
} as const satisfies Record<string, HandshakeReason>;
