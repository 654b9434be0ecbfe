import { RoomsApiHolder } from './app/rooms-api-holder.js';
import { JoiningAdmission } from './joining/joining-admission.js';
import { RabbitMqInput } from './rabbitmq/rabbitmq-input.js';
import { RabbitMqPurposes } from './rabbitmq/rabbitmq-purposes.js';
import { RabbitMqTriggers } from './rabbitmq/rabbitmq-triggers.js';
import { RoomAdmission } from './admission/room-admission.js';
import { RoomClients } from './room-clients.js';
import { RoomEndTeller } from './room-end-teller.js';
import { RoomHub } from './relay/room-hub.js';
import { RoomLeases } from './admission/room-leases.js';
import { RoomPresences } from './room-presences.js';
import { RoomPublisher } from './room-publisher.js';
import { RoomBeginnings } from './recovery/room-beginnings.js';
import { RoomRecoveries } from './recovery/room-recoveries.js';
import { RoomRelay } from './relay/room-relay.js';
import { RoomRenewals } from './admission/room-renewals.js';
import { RoomSessions } from './room-sessions.js';
import { RoomStatus } from './room-status.js';
import { RoomSubscriptions } from './room-subscriptions.js';
import { RoomsApp } from './admission/rooms-app.js';
import { RoomsHello } from './admission/rooms-hello.js';
import { RoomsInProcess } from './rooms-in-process.js';
import { TriggerParser } from './room/trigger-parser.js';
import { TriggerStream } from './stream/trigger-stream.js';

export const ROOMS_PROVIDERS = [
  JoiningAdmission,
  RabbitMqInput,
  RabbitMqPurposes,
  RabbitMqTriggers,
  RoomAdmission,
  RoomBeginnings,
  RoomClients,
  RoomEndTeller,
  RoomHub,
  RoomLeases,
  RoomPresences,
  RoomPublisher,
  RoomRecoveries,
  RoomRelay,
  RoomRenewals,
  RoomSessions,
  RoomStatus,
  RoomSubscriptions,
  RoomsApiHolder,
  RoomsApp,
  RoomsHello,
  RoomsInProcess,
  TriggerParser,
  TriggerStream,
];
