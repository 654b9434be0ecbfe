import { KITTIWAKE_V1 } from '../../protocol/sub-protocol.js';
import type { TopicSubscription } from './topic-subscription.js';

/**
 * Whether an authorizer that has been asked is heard out when the client is gone. As with SocketShark, a service with
 * later callbacks then hears of the subscription, and of its end.
 */
export function isHeardOut({ connection, service }: TopicSubscription): boolean {
  return connection.subProtocol !== KITTIWAKE_V1 && service.hearsLater;
}
