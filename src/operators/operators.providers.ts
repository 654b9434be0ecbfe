import type { FactoryProvider } from '@nestjs/common';
import { Removals } from '../clients/removals.js';
import { ConnectionPages } from '../clients/connection-pages.js';
import { Revocations } from '../clients/revocation/revocations.js';
import { isConfigured } from '../config/configured.js';
import { MetricsSettings } from '../config/sections/metrics.settings.js';
import { ProceduresSettings } from '../config/sections/procedures/procedures.settings.js';
import { RoomsSettings } from '../config/sections/rooms/rooms.settings.js';
import { Hub } from '../delivery/hub.js';
import type { OperatorEndpoint } from '../endpoints/operator-endpoint.js';
import { OpenApiEndpoint } from '../open-api/open-api.endpoint.js';
import { openApiPage } from '../open-api/page.endpoints.js';
import type { CallableProcedure } from '../procedures/procedure.js';
import { Procedures } from '../procedures/procedures.js';
import { PresenceReading } from '../push/presence-reading.js';
import { RoomPublisher } from '../rooms/room-publisher.js';
import { Services } from '../topics/service/services.js';
import { TopicPublisher } from '../topics/topic-publisher.js';
import {
  connectionsProcedure,
  disconnectProcedure,
  revokeProcedure,
  unsubscribeProcedure,
} from './client.procedures.js';
import { GatewayStatus } from './gateway-status.js';
import { interfaceProcedure } from './interface.procedure.js';
import { listenProcedure } from './listen.procedure.js';
import { MetricsEndpoint } from './metrics.endpoint.js';
import { OPERATOR_ENDPOINTS, OperatorEndpoints } from './operator-endpoints.js';
import { OperatorsFront } from './operators-front.js';
import { OperatorsServer } from './operators-server.js';
import { presenceProcedure } from './presence.procedure.js';
import { publishProcedure, triggerProcedure } from './push.procedures.js';
import { Readiness } from './readiness.js';
import { restartProcedure } from './restart.procedure.js';
import { StatusEndpoint } from './status.endpoint.js';
import { statusProcedure } from './status.procedure.js';

/** Procedures that the command line calls, in the order of help; the maker of each is its injection token. */
export const OPERATOR_PROCEDURES: FactoryProvider<CallableProcedure | undefined>[] = [
  { provide: publishProcedure, inject: [TopicPublisher], useFactory: publishProcedure },
  {
    provide: triggerProcedure,
    inject: [RoomPublisher, RoomsSettings],
    useFactory: (rooms: RoomPublisher, settings: RoomsSettings) =>
      isConfigured(settings) ? triggerProcedure(rooms) : undefined,
  },
  { provide: disconnectProcedure, inject: [Removals], useFactory: disconnectProcedure },
  { provide: unsubscribeProcedure, inject: [Removals], useFactory: unsubscribeProcedure },
  { provide: revokeProcedure, inject: [Revocations], useFactory: revokeProcedure },
  { provide: connectionsProcedure, inject: [ConnectionPages], useFactory: connectionsProcedure },
  { provide: presenceProcedure, inject: [PresenceReading], useFactory: presenceProcedure },
  { provide: listenProcedure, inject: [Hub, Services], useFactory: listenProcedure },
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
  GatewayStatus,
  MetricsEndpoint,
  OperatorEndpoints,
  OperatorsFront,
  OperatorsServer,
  Readiness,
  StatusEndpoint,
  {
    provide: OPERATOR_ENDPOINTS,
    inject: [MetricsSettings, ProceduresSettings, MetricsEndpoint, StatusEndpoint, OpenApiEndpoint],
    useFactory: operatorEndpoints,
  },
];

function operatorEndpoints(
  { enabled: hasMetrics }: MetricsSettings,
  { http: { page: hasPage, openApi: hasDocument } }: ProceduresSettings,
  metrics: MetricsEndpoint,
  status: StatusEndpoint,
  document: OpenApiEndpoint,
): OperatorEndpoint[] {
  return [
    ...(hasMetrics ? [metrics] : []),
    status,
    ...(hasPage || hasDocument ? [document] : []),
    ...(hasPage ? openApiPage() : []),
  ];
}
