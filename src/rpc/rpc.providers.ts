import type { FactoryProvider } from '@nestjs/common';
import { MetricsSettings } from '../config/sections/operators/metrics.settings.js';
import { ProceduresSettings } from '../config/sections/procedures/procedures.settings.js';
import { ShutdownSettings } from '../config/sections/shutdown.settings.js';
import { Calls } from '../procedures/calls/calls.js';
import type { CallableProcedure } from '../procedures/procedure.js';
import { Procedures } from '../procedures/procedures.js';
import { BearerTokens } from './bearer-tokens.js';
import { configProcedure } from './built-in/config.procedure.js';
import { helpProcedure } from './built-in/help.procedure.js';
import { metricsProcedure } from './built-in/metrics.procedure.js';
import { pingProcedure } from './built-in/ping.procedure.js';
import { ProceduresConfig } from './built-in/procedures-config.js';
import { quitProcedure } from './built-in/quit.procedure.js';
import { RpcStatistics } from './built-in/statistics.js';
import { RpcHandshake } from './handshake.js';
import { RpcCallers } from './http/callers.js';
import { RpcExchanges } from './http/exchanges.js';
import { MainFront } from './http/main-front.js';
import { RpcHttp } from './http/rpc-http.js';
import { RpcMiddleware } from './http/rpc.middleware.js';
import { LineServer } from './local/line-server.js';
import { localLines } from './local/local-lines.js';
import { LocalServer } from './local/local-server.js';
import { ServiceSecret } from './service-secret.js';
import { RpcHello } from './websocket/hello.js';
import { RpcClients } from './websocket/rpc-clients.js';
import { RpcSessions } from './websocket/sessions.js';

/** Procedures that clients of Kettlingar rely on, in the order of help; the maker of each is its injection token. */
export const BUILT_IN_PROCEDURES: FactoryProvider<CallableProcedure | undefined>[] = [
  { provide: pingProcedure, inject: [Calls, Procedures], useFactory: pingProcedure },
  { provide: helpProcedure, inject: [Calls, Procedures, ProceduresConfig], useFactory: helpProcedure },
  { provide: configProcedure, inject: [ProceduresConfig], useFactory: configProcedure },
  { provide: quitProcedure, useFactory: quitProcedure },
  {
    provide: metricsProcedure,
    inject: [RpcStatistics, ProceduresConfig, MetricsSettings],
    useFactory: (statistics: RpcStatistics, config: ProceduresConfig, { enabled }: MetricsSettings) =>
      enabled ? metricsProcedure(statistics, config) : undefined,
  },
];

export const RPC_PROVIDERS = [
  ...BUILT_IN_PROCEDURES,
  BearerTokens,
  { provide: LineServer, inject: [ProceduresSettings, ShutdownSettings, RpcHttp], useFactory: localLines },
  LocalServer,
  MainFront,
  ProceduresConfig,
  RpcCallers,
  RpcExchanges,
  RpcHandshake,
  RpcHello,
  RpcHttp,
  RpcMiddleware,
  RpcClients,
  RpcSessions,
  RpcStatistics,
  ServiceSecret,
];
