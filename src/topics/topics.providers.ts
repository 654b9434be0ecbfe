import { Beginnings } from './beginning/beginnings.js';
import { TopicCalls } from './calls/topic-calls.js';
import { EndNotices } from './ending/end-notices.js';
import { Endings } from './ending/endings.js';
import { Gaps } from './beginning/gaps.js';
import { Ingest } from './ingest.js';
import { Introductions } from './beginning/introductions.js';
import { Joinings } from './beginning/joinings.js';
import { LifecycleEndTeller } from './lifecycle/lifecycle-end-teller.js';
import { Lifecycles } from './lifecycle/lifecycles.js';
import { Recoveries } from './beginning/recoveries.js';
import { ConfiguredServices } from './service/configured-services.js';
import { ProvidedServices } from './providers/provided-services.js';
import { Services } from './service/services.js';
import { TopicServiceExplorer } from './providers/topic-service-explorer.js';
import { Sessions } from './sessions.js';
import { SubscriptionEndTeller } from './ending/subscription-end-teller.js';
import { SubscriptionLeases } from './ending/subscription-leases.js';
import { TopicAuthentication } from './topic-authentication.js';
import { TopicClients } from './topic-clients.js';
import { TopicHistory } from './topic-history.js';
import { TopicPresences } from './beginning/topic-presences.js';
import { TopicPublisher } from './topic-publisher.js';
import { TopicsInProcess } from './topics-in-process.js';
import { TopicSubscriptions } from './topic-subscriptions.js';
import { TopicsHello } from './topics-hello.js';

export const TOPICS_PROVIDERS = [
  Beginnings,
  ConfiguredServices,
  EndNotices,
  Endings,
  Gaps,
  Ingest,
  Introductions,
  Joinings,
  LifecycleEndTeller,
  Lifecycles,
  ProvidedServices,
  Recoveries,
  Services,
  Sessions,
  SubscriptionEndTeller,
  SubscriptionLeases,
  TopicAuthentication,
  TopicCalls,
  TopicClients,
  TopicHistory,
  TopicPresences,
  TopicPublisher,
  TopicServiceExplorer,
  TopicSubscriptions,
  TopicsInProcess,
  TopicsHello,
];
