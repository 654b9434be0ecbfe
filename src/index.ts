export { ValidateTicket } from './auth/provider.ticket-validator.js';
export { TicketRequest } from './auth/ticket-request.js';
export { Callback, MessageData } from './callbacks/providers/callback-params.js';
export type { EndReason } from './protocol/end-reason.js';
export { type CallbackEnd, CallbackRequest, type Circumstances } from './callbacks/callback-request.js';
export { Refusal } from './callbacks/refusal.js';
export { BeforeConnect, type ClientEndpoint } from './clients/admitting/before-connect.decorator.js';
export { ConnectRequest } from './clients/admitting/connect-request.js';
export { ClientSelectionError } from './clients/client-selection.js';
export { RevocationError } from './clients/revocation/revocation-store.js';
export type { ConnectionEntry } from './clients/connected-clients.js';
export type { ConnectionPage } from './clients/connection-pages.js';
export type {
  ClientQuery,
  ConnectionsQuery,
  RevokeOptions,
  RevokeResult,
} from './clients/clients-in-process.js';
export type { Counted } from './clients/counted.js';
export { ConfigurationError } from './config/configuration-error.js';
export { readEnvironment } from './config/loading/environment.js';
export { loadSettings } from './config/loading/load-settings.js';
export type { KittiwakeOptions } from './config/options.js';
export { Settings } from './config/settings.js';
export { KittiwakeAdapter } from './connection/upgrade/kittiwake.adapter.js';
export { type EndpointKind, KITTIWAKE_ENDPOINT } from './endpoints/endpoint-kind.js';
export {
  Kittiwake,
  type KeptPublication,
  type KeptPublications,
  type PublishOptions,
  type DisconnectOptions,
  type PublishResult,
} from './kittiwake.js';
export { type KittiwakeAsyncOptions, type KittiwakeExtras, KittiwakeModule } from './kittiwake.module.js';
export type { Presence, PresenceQuery, PresentMember } from './push/reading/presence-in-process.js';
export { OnGatewayEvent } from './observers/on-gateway-event.decorator.js';
export type {
  AuthenticatedEvent,
  ConnectedEvent,
  EndedEvent,
  GatewayEvent,
  GatewayEventType,
  RefusedEvent,
  SubscribedEvent,
  UnsubscribedEvent,
} from './observing/gateway-event.js';
export { PresenceError } from './presence/presence.error.js';
export { OnCallLost } from './procedures/kept/on-call-lost.decorator.js';
export { MayWatch } from './procedures/kept/may-watch.decorator.js';
export type { ProcedureArguments } from './procedures/arguments.js';
export { Descriptor, type SocketKind } from './procedures/descriptor.js';
export { OnCallerConnect, OnCallerDisconnect } from './procedures/methods/caller-hooks.decorator.js';
export { type NeededVariable, NeedInfo } from './procedures/need-info.js';
export { type CallOrigin, type HttpCall, ProcedureCall } from './procedures/procedure-call.js';
export { ProcedureError } from './procedures/procedure-errors.js';
export {
  ProcedureArg,
  CurrentCall,
  ProcedureParams,
} from './procedures/methods/parameters/procedure-params.js';
export {
  type ParameterRules,
  Procedure,
  type ProcedureOptions,
  type ResumableOptions,
} from './procedures/methods/procedure.decorator.js';
export { ProcedureRedirect } from './procedures/redirect.js';
export { ProcedureResult } from './procedures/result.js';
export type { Access, ParameterType } from './procedures/signature.js';
export { TypedResult } from './procedures/typed-result.js';
export { Handshake } from './protocol/handshake.js';
export { PublicationError } from './protocol/publication.js';
export { GapRequest } from './topics/providers/gap-request.js';
export {
  type MissedOptions,
  type MissedPublication,
  MissedPublications,
} from './topics/providers/missed-publications.js';
export {
  type MessageRequest,
  type SubscriptionFields,
  SubscriptionRequest,
} from './topics/providers/subscription-request.js';
export { TopicParam } from './topics/providers/topic-param.decorator.js';
export type { TopicParams } from './topics/service/topic-params.js';
export { topicOf } from './topics/service/topic-pattern.js';
export { TopicState, type StateOptions } from './topics/providers/state.js';
export { HistoryError, type HistoryQuery } from './topics/topic-history.js';
export {
  Authorize,
  BeforeSubscribe,
  BeforeUnsubscribe,
  OnAuthorizationChange,
  OnGap,
  OnHeartbeat,
  OnLifecycle,
  OnMessage,
  OnSubscribe,
  OnUnsubscribe,
  TopicService,
  type TopicServiceRules,
} from './topics/providers/topic-service.decorator.js';
export {
  AllowedRooms,
  OnRoomsConnect,
  OnRoomsDisconnect,
  OnRoomsPing,
} from './rooms/app/rooms-api.decorator.js';
export type { TriggerOptions, TriggerResult } from './rooms/rooms-in-process.js';
export { TriggerError } from './rooms/room/trigger.js';
export { ProceduresConfig } from './rpc/built-in/procedures-config.js';
export type { LifecycleEvent } from './topics/lifecycle/lifecycle-event.js';
export { LifecycleRequest } from './topics/lifecycle/lifecycle-request.js';
