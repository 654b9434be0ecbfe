import { ClientError } from '../../protocol/errors.js';

/** The texts of the refusals of joins, by their codes. */
export const JOIN_TEXTS = {
  room_not_found: 'Room not found.',
  room_too_long: 'Room too long.',
  already_joined: 'Already joined.',
  not_joined: 'Not joined.',
  forbidden: 'Forbidden.',
  too_many_failures: 'Too many failed authentications.',
  too_many_subscriptions: 'Too many subscriptions.',
  too_much_kept: 'Too much is kept for this connection: unsubscribe from something first.',
  invalid_position: 'Invalid position.',
  invalid_connection_id: 'Invalid connection id.',
  service_unavailable: 'Service unavailable.',
} as const satisfies Record<string, string>;

/** Codes that have another name on `/rooms`. */
const RENAMED: Readonly<Record<string, string>> = {
  app_unavailable: 'service_unavailable',
  not_subscribed: 'not_joined',
};

export const JOIN_ERRORS = {
  alreadyJoined: () => new ClientError('already_joined', JOIN_TEXTS.already_joined),
  notJoined: () => new ClientError('not_joined', JOIN_TEXTS.not_joined),
} as const;

/** A refusal of the domain in the words of `/ws`. */
export function joinError(error: ClientError, verdict = error.verdict): ClientError {
  const { retryAfterMs } = error;
  const code = RENAMED[error.code] ?? error.code;
  const texts: Readonly<Record<string, string>> = JOIN_TEXTS;
  return new ClientError(code, texts[code] ?? error.message, { cause: error, verdict, retryAfterMs });
}
