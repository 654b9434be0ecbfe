export type { BackOffOptions } from './back-off.js';
export { call } from './calls/call.js';
export { kept, watchCall, type KeptStorage } from './calls/kept-stream.js';
export {
  stream,
  type KeptOptions,
  type KeptStream,
  type Resumable,
  type StreamOptions,
} from './calls/stream.js';
export { createClient, connectionId, type Client, type Inspection } from './client.js';
export type { Clock } from './clock.js';
export type { TextStorage } from './transport/beside.js';
export { KittiwakeError, type ErrorCode } from './errors.js';
export { httpStream, type HttpStreamOptions } from './transport/http-stream.js';
export type { Off } from './listeners.js';
export type {
  Auth,
  AuthContext,
  DebugEvent,
  ListenOptions,
  Options,
  Provider,
  SendOptions,
} from './options.js';
export { pageEvents, type PageEvents, type PageListener } from './page/page-events.js';
export type { ReadOptions } from './reader.js';
export { join, type Room, type RoomOptions } from './rooms/join.js';
export type { RoomType, Schema, TopicType } from './schema.js';
export type { Reason, State, StateInfo } from './state.js';
export { live, type Live, type Snapshot } from './topics/live.js';
export { topic, type Topic, type TopicOptions } from './topics/topic.js';
export type { Gap, Member, Meta, PresenceChange, Status, TopicEvent } from './topics/topic-event.js';
export type { Transport, TransportEvents, TransportFactory } from './transport/transport.js';
export type { PingOptions } from './page/watch.js';
export { webSocket, type WebSocketOptions } from './transport/web-socket.js';
