export { connect, type ConnectOptions, type TestedApp } from './connect.js';
export { ExpectationError } from './expectation-error.js';
export { FakeKittiwake, type FakePublication, type FakeTrigger } from './fake-kittiwake.js';
export type { Closed, Frame } from './frames.js';
export { KittiwakeTestingModule, testingSettings } from './kittiwake-testing.module.js';
export { type Refused, RefusedError } from './refused-error.js';
export {
  type CallFields,
  callerRequest,
  connectRequest,
  type ConnectRequestFields,
  type Fields,
  gapRequest,
  lifecycleRequest,
  procedureCall,
  type RequestOptions,
  roomsRequest,
  type RoomsRequestFields,
  subscriptionRequest,
  type SubscriptionRequestFields,
  ticketRequest,
} from './requests.js';
export { type TestedService, topicService } from './tested-service.js';
export type { TestingClient } from './testing-client.js';
export type { TestingEvent } from './testing-event.js';
