import { tooManyOfIdentity } from '../clients/limits/identity-limits.js';
import { ClientError } from '../protocol/errors.js';

/** The refusals of the topics protocol; their texts are fixed by SocketShark's protocol. */
export const TOPIC_ERRORS = {
  invalidEvent: () => new ClientError('invalid_event', 'Messages must be JSON and contain an event field.'),
  eventNotFound: () => new ClientError('event_not_found', 'Event not found.'),
  methodUnsupported: () => new ClientError('method_unsupported', 'Authentication method unsupported.'),
  authenticationRequired: () => new ClientError('authentication_required', 'Authentication required.'),
  invalidSubscription: () => new ClientError('invalid_subscription', 'Invalid subscription format.'),
  invalidService: () => new ClientError('invalid_service', 'Invalid service.'),
  alreadySubscribed: () => new ClientError('already_subscribed', 'Already subscribed.'),
  notSubscribed: () => new ClientError('not_subscribed', 'Subscription does not exist.'),
  subscriptionTooLong: () => new ClientError('subscription_too_long', 'Subscription too long.'),
  extraFieldsTooLong: () => new ClientError('extra_fields_too_long', 'Extra fields too long.'),
  tooManySubscriptions: () => new ClientError('too_many_subscriptions', 'Too many subscriptions.'),
  tooManyOfIdentity,
  invalidSubscriptions: () => new ClientError('invalid_subscriptions', 'Invalid list of subscriptions.'),
  tooManyTopics: () => new ClientError('too_many_topics', 'Too many subscriptions in one event.'),
  repeatedSubscription: () => new ClientError('repeated_subscription', 'Subscription given more than once.'),
  idTooLong: () => new ClientError('id_too_long', 'Id too long.'),
  tooMuchKept: () =>
    new ClientError(
      'too_much_kept',
      'Too much is kept for this connection: unsubscribe from something first.',
    ),
  invalidPosition: () => new ClientError('invalid_position', 'Invalid position.'),
  idMissing: () => new ClientError('id_missing', 'Must specify id.'),
  procedureMissing: () => new ClientError('procedure_missing', 'Must specify procedure.'),
} as const;

/** The text and the code of a refusal by a service that gives no text of its own. */
export const DEFAULT_REFUSALS = {
  unauthorized: { code: 'unauthorized', text: 'Unauthorized.' },
  refused: { code: 'refused', text: 'Unhandled exception.' },
} as const;
