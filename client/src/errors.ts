/** Codes of errors that the client itself makes. */
export type ClientErrorCode =
  | 'timeout'
  | 'not_connected'
  | 'connection_lost'
  | 'queue_full'
  | 'closed'
  | 'reader_too_slow';

/** Codes of errors that the gateway sends; a test compares them with the gateway's. */
export type GatewayErrorCode =
  | 'already_joined'
  | 'already_subscribed'
  | 'arguments_mismatch'
  | 'authentication_failed'
  | 'authentication_required'
  | 'call_abandoned'
  | 'call_cancelled'
  | 'call_lost'
  | 'call_not_found'
  | 'call_too_large'
  | 'deadline_exceeded'
  | 'duplicate_call'
  | 'event_not_found'
  | 'extra_fields_too_long'
  | 'forbidden'
  | 'id_missing'
  | 'id_too_long'
  | 'internal_error'
  | 'invalid_connection_id'
  | 'invalid_event'
  | 'invalid_idempotency_key'
  | 'invalid_position'
  | 'invalid_service'
  | 'invalid_subscription'
  | 'invalid_subscriptions'
  | 'method_unsupported'
  | 'need_info'
  | 'not_joined'
  | 'not_resumable'
  | 'not_subscribed'
  | 'position_lost'
  | 'procedure_failed'
  | 'procedure_missing'
  | 'procedure_undefined'
  | 'redirect'
  | 'refused'
  | 'repeated_subscription'
  | 'result_too_large'
  | 'room_not_found'
  | 'room_too_long'
  | 'service_unavailable'
  | 'subscription_too_long'
  | 'ticket_missing'
  | 'token_missing'
  | 'too_many_calls'
  | 'too_many_failures'
  | 'too_many_of_identity'
  | 'too_many_results'
  | 'too_many_subscriptions'
  | 'too_many_topics'
  | 'too_much_kept'
  | 'unauthorized'
  | 'watch_cancelled';

/** Any code; the app's exceptions bring codes of their own. */
export type ErrorCode = ClientErrorCode | GatewayErrorCode | (string & {});

/** Codes after which trying again later may help. */
const TEMPORARY: readonly ErrorCode[] = [
  'timeout',
  'not_connected',
  'connection_lost',
  'queue_full',
  'service_unavailable',
  'too_many_calls',
  'too_many_failures',
  'too_many_of_identity',
];

export interface ErrorDetails {
  readonly temporary?: boolean;
  readonly sent?: boolean;
  readonly detail?: unknown;
  readonly data?: unknown;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Every error of the client. `code` is the contract; texts may change. */
export class KittiwakeError extends Error {
  override readonly name = 'KittiwakeError';
  declare readonly code: ErrorCode;
  /** Whether trying again later may help. */
  declare readonly temporary: boolean;
  /** False: the gateway never got it. True: it may have been done. */
  declare readonly sent: boolean;
  /** The `error` of the reply, where the app said more than a text. */
  declare readonly detail: unknown;
  /** The `data` of the reply. */
  declare readonly data: unknown;
  /** Before that, asking again is of no use, says the gateway. */
  declare readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string = code, details: ErrorDetails = {}) {
    super(message, details);
    Object.assign(this, { code, temporary: TEMPORARY.includes(code), sent: false }, details);
  }
}

/** Members of a reply that says no. */
export interface ErrorReply {
  readonly error?: unknown;
  readonly code?: unknown;
  readonly data?: unknown;
  readonly retry_after?: unknown;
}

/** The error that a reply of the gateway tells. */
export function errorOf(reply: ErrorReply): KittiwakeError {
  const text = typeof reply.error === 'string' ? reply.error : undefined;
  return new KittiwakeError((reply.code ?? 'refused') as ErrorCode, text, {
    sent: true,
    detail: reply.error,
    data: reply.data,
    retryAfterMs: Number(reply.retry_after) * 1000 || undefined,
  });
}
