import { ClientError } from '../protocol/errors.js';

/** The refusals of the rooms protocol; their texts are fixed by High-Templar's protocol. */
export const ROOM_ERRORS = {
  notJson: () => new ClientError('not_json', 'non-json-message'),
  typeNotAllowed: () => new ClientError('type_not_allowed', 'message-type-not-allowed'),
  noRequestId: () => new ClientError('no_request_id', 'no-request-id'),
  roomNotFound: () => new ClientError('room_not_found', 'room-not-found'),
  notSubscribed: () => new ClientError('not_subscribed', 'not-subscribed'),
  requestIdTooLong: () => new ClientError('request_id_too_long', 'request-id-too-long'),
  roomTooLong: () => new ClientError('room_too_long', 'room-too-long'),
  tooMuchKept: () => new ClientError('too_much_kept', 'too-much-kept'),
  tooManySubscriptions: () => new ClientError('too_many_subscriptions', 'too-many-subscriptions'),
  invalidPosition: () => new ClientError('invalid_position', 'invalid-position'),
  invalidConnectionId: () => new ClientError('invalid_connection_id', 'invalid-connection-id'),
  unavailable: (cause?: unknown) => new ClientError('service_unavailable', 'service-unavailable', { cause }),
} as const;
