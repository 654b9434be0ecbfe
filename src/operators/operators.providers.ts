import type { FactoryProvider } from '@nestjs/common';
import { Removals } from '../clients/removals.js';
import { ConnectionPages } from '../clients/connection-pages.js';
import { Revocations } from '../clients/revocation/revocations.js';
import { isConfigured } from '../config/configured.js';
import { LimitsSettings } from '../config/sections/limits.settings.js';
import { ProceduresSettings } from '../config/sections/procedures/procedures.settings.js';
import { PublishSettings } from '../config/sections/publish.settings.js';
import { RoomsSettings } from '../config/sections/rooms/rooms.settings.js';
import { Settings } from '../config/settings.js';
import { Hub } from '../delivery/hub.js';
import type { OperatorEndpoint } from '../endpoints/operator-endpoint.js';
import { Refusals } from '../metrics/refusals.js';
import { DOCUMENT_ENDPOINTS } from '../open-api/callable.js';
import { openApiPage } from '../open-api/page.endpoints.js';
import type { CallableProcedure } from '../procedures/procedure.js';
import { Procedures } from '../procedures/procedures.js';
import { PresenceReading } from '../push/reading/presence-reading.js';
import { RoomPublisher } from '../rooms/room-publisher.js';
import { Services } from '../topics/service/services.js';
import { TopicPublisher } from '../topics/topic-publisher.js';
import {
  connectionsProcedure,
  disconnectProcedure,
  revokeProcedure,
  unsubscribeProcedure,
} from './procedures/client.procedures.js';
import { OperatorActions } from './console/actions.js';
import { AppStreams } from './app-streams.js';
import { Audit } from './audit.js';
import { CONSOLE_ENDPOINTS, consoleEndpoints } from './console/console.endpoints.js';
import { Following } from './console/following.js';
import { OperatorKeys } from './console/operator-keys.js';
import { ConnectionReadings, NodeReadings } from './console/readings.js';
import { OwnReadings } from './console/own-readings.js';
import { SettingsReadings } from './console/settings-readings.js';
import { GatewayStatus } from './gateway-status.js';
import { interfaceProcedure } from './procedures/interface.procedure.js';
import { listenProcedure } from './procedures/listen.procedure.js';
import { MetricsEndpoint } from './metrics.endpoint.js';
import { OPERATOR_ENDPOINTS, OperatorEndpoints } from './operator-endpoints.js';
import { OperatorsFront } from './operators-front.js';
import { OperatorsServer } from './operators-server.js';
import { presenceProcedure } from './procedures/presence.procedure.js';
import { publishProcedure, triggerProcedure } from './procedures/push.procedures.js';
import { Readiness } from './readiness.js';
import { restartProcedure } from './procedures/restart.procedure.js';
import { StatusEndpoint } from './status.endpoint.js';
import { CallbackReports } from './watch/callback-reports.js';
import { ChannelSurvey } from './watch/channel-survey.js';
import { Channels } from './watch/channels.js';
import { FrameTaps } from './watch/tails/frame-taps.js';
import { NodeReports } from './watch/node-reports.js';
import { RefusalReports } from './watch/refusal-reports.js';
import { Tails } from './watch/tails/tails.js';
import { nodesProcedure, tailProcedure, topicsProcedure } from './procedures/watch.procedures.js';
import { statusProcedure } from './procedures/status.procedure.js';

/** Procedures that the command line calls, in the order of help; the maker of each is its injection token. */
export const OPERATOR_PROCEDURES: FactoryProvider<CallableProcedure | undefined>[] = [
  { provide: publishProcedure, inject: [TopicPublisher], useFactory: publishProcedure },
  {
    provide: triggerProcedure,
    inject: [RoomPublisher, RoomsSettings],
    useFactory: (rooms: RoomPublisher, settings: RoomsSettings) =>
      isConfigured(settings) ? triggerProcedure(rooms) : undefined,
  },
  { provide: disconnectProcedure, inject: [Removals, Audit], useFactory: disconnectProcedure },
  { provide: unsubscribeProcedure, inject: [Removals, Audit], useFactory: unsubscribeProcedure },
  { provide: revokeProcedure, inject: [Revocations, Audit], useFactory: revokeProcedure },
  { provide: connectionsProcedure, inject: [ConnectionPages], useFactory: connectionsProcedure },
  { provide: presenceProcedure, inject: [PresenceReading], useFactory: presenceProcedure },
  { provide: listenProcedure, inject: [Hub, Services], useFactory: listenProcedure },
  { provide: tailProcedure, inject: [Tails, Audit], useFactory: tailProcedure },
  { provide: topicsProcedure, inject: [Channels], useFactory: topicsProcedure },
  { provide: nodesProcedure, inject: [NodeReports], useFactory: nodesProcedure },
  {
    provide: interfaceProcedure,
    inject: [Procedures, Services, RoomsSettings],
    useFactory: interfaceProcedure,
  },
  { provide: statusProcedure, inject: [GatewayStatus], useFactory: statusProcedure },
  { provide: restartProcedure, useFactory: restartProcedure },
];

export const OPERATORS_PROVIDERS = [
  ...OPERATOR_PROCEDURES,
  AppStreams,
  Audit,
  CallbackReports,
  Channels,
  ChannelSurvey,
  ConnectionReadings,
  Following,
  FrameTaps,
  GatewayStatus,
  MetricsEndpoint,
  NodeReadings,
  NodeReports,
  OperatorActions,
  OperatorEndpoints,
  OperatorsFront,
  OperatorsServer,
  OperatorKeys,
  OwnReadings,
  Readiness,
  RefusalReports,
  SettingsReadings,
  StatusEndpoint,
  Tails,
  {
    provide: CONSOLE_ENDPOINTS,
    inject: [
      OperatorKeys,
      Refusals,
      PublishSettings,
      LimitsSettings,
      RoomsSettings,
      OwnReadings,
      NodeReadings,
      ConnectionReadings,
      SettingsReadings,
      Following,
      OperatorActions,
    ],
    useFactory: consoleEndpoints,
  },
  {
    provide: OPERATOR_ENDPOINTS,
    inject: [
      Settings,
      ProceduresSettings,
      MetricsEndpoint,
      StatusEndpoint,
      DOCUMENT_ENDPOINTS,
      CONSOLE_ENDPOINTS,
    ],
    useFactory: operatorEndpoints,
  },
];

function operatorEndpoints(
  { metrics: { enabled: hasMetrics }, operators: { console: hasConsole } }: Settings,
  { http: { page: hasPage, openApi: hasDocument } }: ProceduresSettings,
  metrics: MetricsEndpoint,
  status: StatusEndpoint,
  documents: readonly OperatorEndpoint[],
  console: readonly OperatorEndpoint[],
): OperatorEndpoint[] {
  return [
    ...(hasMetrics ? [metrics] : []),
    status,
    ...(hasPage || hasDocument ? documents : []),
    ...(hasPage ? openApiPage() : []),
    ...(hasConsole ? console : []),
  ];
}
