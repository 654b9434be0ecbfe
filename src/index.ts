export { ValidateTicket } from './auth/provider.ticket-validator.js';
export { TicketRequest } from './auth/ticket-request.js';
export { Callback, MessageData } from './callbacks/callback-params.js';
export { CallbackRequest } from './callbacks/callback-request.js';
export { Refusal } from './callbacks/refusal.js';
export { ConfigurationError } from './config/configuration-error.js';
export { readEnvironment } from './config/environment.js';
export { loadSettings } from './config/load-settings.js';
export type { KittiwakeOptions } from './config/options.js';
export { Settings } from './config/settings.js';
export { KittiwakeAdapter } from './connection/kittiwake.adapter.js';
export { Kittiwake, type PublishOptions, type TriggerOptions } from './kittiwake.js';
export { type KittiwakeAsyncOptions, KittiwakeModule } from './kittiwake.module.js';
export { PublicationError } from './protocol/publication.js';
export {
  type MessageRequest,
  type SubscriptionFields,
  SubscriptionRequest,
} from './topics/subscription-request.js';
export { State, type StateOptions } from './topics/state.js';
export {
  Authorize,
  BeforeSubscribe,
  BeforeUnsubscribe,
  OnAuthorizationChange,
  OnHeartbeat,
  OnMessage,
  OnSubscribe,
  OnUnsubscribe,
  TopicService,
  type TopicServiceRules,
} from './topics/topic-service.decorator.js';
export { AllowedRooms, OnRoomsConnect, OnRoomsDisconnect, OnRoomsPing } from './rooms/rooms-api.decorator.js';
export { TriggerError } from './rooms/trigger.js';
