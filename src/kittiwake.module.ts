import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { AuthenticatorExplorer } from './auth/authenticator-explorer.js';
import { Authenticators } from './auth/authenticator.js';
import { FailedAuthentications } from './auth/failed-authentications.js';
import { TicketAuthentication } from './auth/ticket-authentication.js';
import { BROKER } from './broker/broker.js';
import { CALLER } from './callbacks/caller.js';
import { REQUESTER } from './callbacks/requester.js';
import { ProviderDiscovery } from './callbacks/providers/provider-discovery.js';
import { ProviderMethods } from './callbacks/providers/provider-methods.js';
import { Repetition } from './callbacks/repetition.js';
import { STREAM_REQUESTER } from './callbacks/stream-requester.js';
import { loadSettings } from './config/loading/load-settings.js';
import type { KittiwakeOptions } from './config/options.js';
import { PublishSettings } from './config/sections/publish.settings.js';
import { RoomsSettings } from './config/sections/rooms/rooms.settings.js';
import { Settings } from './config/settings.js';
import { CONNECTION_SETTINGS } from './connection/connection.settings.js';
import { Connections } from './connection/connections.js';
import { Endpoints } from './connection/endpoints.js';
import { Listeners } from './connection/upgrade/listeners.js';
import { UpgradeRouter } from './connection/upgrade/upgrade-router.js';
import { Upgrades } from './connection/upgrade/upgrades.js';
import { Hub } from './delivery/hub.js';
import {
  broker,
  caller,
  connectionSettings,
  endpoints,
  gateway,
  inputBounds,
  roomsSettings,
} from './factories.js';
import { ApiKeys } from './push/api-keys.js';
import { GatewayStatus } from './operators/gateway-status.js';
import { OpenApiEndpoint } from './open-api/open-api.endpoint.js';
import { OperatorEndpoints } from './operators/operator-endpoints.js';
import { OperatorProcedures } from './operators/operator-procedures.js';
import { OperatorsServer } from './operators/operators-server.js';
import { publishSettings } from './push/publish-settings.js';
import { PublishIntake } from './push/publish.intake.js';
import { Pushes } from './push/pushes.js';
import { Readiness } from './operators/readiness.js';
import { Replies } from './endpoints/replies.js';
import { Routes } from './routes.js';
import { RpcMiddleware } from './rpc/http/rpc.middleware.js';
import { TriggerIntake } from './push/trigger.intake.js';
import { Kittiwake } from './kittiwake.js';
import { Lifecycle } from './lifecycle.js';
import { BrokerLoss } from './broker-loss.js';
import { LIFETIME_PROVIDERS } from './lifetime-parts.js';
import { MainServer } from './connection/upgrade/main-server.js';
import { StartChecks } from './start-checks.js';
import { Metrics } from './metrics/metrics.js';
import { Refusals } from './metrics/refusals.js';
import { METRICS_REGISTRY, type MetricsRegistry } from './metrics/metrics-registry.js';
import { CallerHooks } from './procedures/methods/caller-hooks.js';
import { Calls } from './procedures/calls/calls.js';
import { OpenCalls } from './procedures/calls/open-calls.js';
import { ProcedureExplorer } from './procedures/methods/procedure-explorer.js';
import { Procedures } from './procedures/procedures.js';
import { RemoteProcedures } from './procedures/remote/remote-procedures.js';
import { InputBounds } from './protocol/json/bounds.js';
import { RabbitMqTriggers } from './rooms/rabbitmq/rabbitmq-triggers.js';
import { RoomAdmission } from './rooms/room-admission.js';
import { RoomHub } from './rooms/room-hub.js';
import { RoomPublisher } from './rooms/room-publisher.js';
import { RoomRenewals } from './rooms/room-renewals.js';
import { RoomSessions } from './rooms/room-sessions.js';
import { RoomStatus } from './rooms/room-status.js';
import { RoomSubscriptions } from './rooms/room-subscriptions.js';
import { RoomsApiExplorer } from './rooms/app/rooms-api-explorer.js';
import { RoomsApiHolder } from './rooms/app/rooms-api.js';
import { RoomsApp } from './rooms/rooms-app.js';
import { RoomsGateway } from './rooms/rooms.gateway.js';
import { BearerTokens } from './rpc/bearer-tokens.js';
import { BuiltIns } from './rpc/built-in/built-ins.js';
import { LocalServer } from './rpc/local/local-server.js';
import { RpcCallers } from './rpc/http/callers.js';
import { RpcHandshake } from './rpc/handshake.js';
import { RpcHttp } from './rpc/http/rpc-http.js';
import { RpcParts } from './rpc/http/parts.js';
import { RpcSessions } from './rpc/websocket/sessions.js';
import { RpcStatistics } from './rpc/built-in/statistics.js';
import { RpcGateway } from './rpc/websocket/rpc.gateway.js';
import { ServiceSecret } from './rpc/service-secret.js';
import { ProceduresConfig } from './rpc/built-in/procedures-config.js';
import { Beginnings } from './topics/beginnings.js';
import { EndNotices } from './topics/end-notices.js';
import { Endings } from './topics/endings.js';
import { Services } from './topics/service/services.js';
import { Sessions } from './topics/sessions.js';
import { TopicAuthentication } from './topics/topic-authentication.js';
import { TopicCalls } from './topics/topic-calls.js';
import { TopicPublisher } from './topics/topic-publisher.js';
import { ConfiguredServices } from './topics/service/configured-services.js';
import { ProvidedServices } from './topics/service/provided-services.js';
import { TopicServiceExplorer } from './topics/service/topic-service-explorer.js';
import { TopicSubscriptions } from './topics/topic-subscriptions.js';
import { TopicsGateway } from './topics/topics.gateway.js';

/** What the domains stand on. */
const FLOOR = [
  Authenticators,
  AuthenticatorExplorer,
  Connections,
  FailedAuthentications,
  Hub,
  Listeners,
  Metrics,
  Refusals,
  ProviderDiscovery,
  ProviderMethods,
  Repetition,
  TicketAuthentication,
  UpgradeRouter,
  Upgrades,
];

const PROCEDURES = [CallerHooks, Calls, OpenCalls, ProcedureExplorer, Procedures, RemoteProcedures];

const TOPICS = [
  Beginnings,
  ConfiguredServices,
  EndNotices,
  Endings,
  ProvidedServices,
  Services,
  Sessions,
  TopicAuthentication,
  TopicCalls,
  TopicPublisher,
  TopicServiceExplorer,
  TopicSubscriptions,
  gateway(TopicsGateway),
];

const ROOMS = [
  RabbitMqTriggers,
  RoomAdmission,
  RoomHub,
  RoomPublisher,
  RoomRenewals,
  RoomSessions,
  RoomStatus,
  RoomSubscriptions,
  RoomsApiExplorer,
  RoomsApiHolder,
  RoomsApp,
  gateway(RoomsGateway),
];

const RPC = [
  BearerTokens,
  BuiltIns,
  LocalServer,
  RpcCallers,
  gateway(RpcGateway),
  RpcHandshake,
  RpcHttp,
  RpcParts,
  RpcSessions,
  RpcStatistics,
  ServiceSecret,
  ProceduresConfig,
];

const HTTP = [
  ApiKeys,
  GatewayStatus,
  OpenApiEndpoint,
  OperatorEndpoints,
  OperatorProcedures,
  OperatorsServer,
  PublishIntake,
  Pushes,
  Readiness,
  Replies,
  RpcMiddleware,
  TriggerIntake,
];

/** What an app gives the gateway that is no setting. */
export interface KittiwakeExtras {
  /** Whether modules inject {@link Kittiwake} that do not import this one. Default: true. */
  readonly isGlobal?: boolean | undefined;
  /** Its own registry of prom-client: the metrics of the gateway are added to those of the app. */
  readonly registry?: MetricsRegistry | undefined;
}

/** How the options are made when other providers are needed for it. */
export interface KittiwakeAsyncOptions extends Pick<ModuleMetadata, 'imports'>, KittiwakeExtras {
  readonly inject?: FactoryProvider['inject'];
  /** Returns the options, or the settings that were loaded from them. */
  readonly useFactory: (
    ...args: never[]
  ) => KittiwakeOptions | Settings | Promise<KittiwakeOptions | Settings>;
  /** The Unix socket of the relay between worker processes; in use where no other broker is configured. */
  readonly relay?: string;
}

const IMPORTED_TWICE =
  'KittiwakeModule is imported several times, and an app has one gateway: call KittiwakeModule.forRoot(…) in one module; ' +
  'the others inject Kittiwake without importing anything, as the module is global';

/** The gateway as a Nest module. An app that has WebSocket gateways of its own uses `KittiwakeAdapter` for them. */
@Module({})
export class KittiwakeModule {
  /** @throws when the app imports another one, with the same options or not: they would have the same clients. */
  constructor(modules: ModulesContainer) {
    const imports = [...modules.values()].filter(({ metatype }) => metatype === KittiwakeModule);
    if (imports.length > 1) throw new Error(IMPORTED_TWICE);
  }

  /** @throws {ConfigurationError} when an option is unknown, of the wrong type or missing. */
  static forRoot(options: KittiwakeOptions = {}, extras: KittiwakeExtras = {}): DynamicModule {
    return assemble({ provide: Settings, useValue: loadSettings(options) }, extras);
  }

  /** As {@link forRoot}, with options that a factory makes; they are checked when the app starts. */
  static forRootAsync({ inject = [], useFactory, ...extras }: KittiwakeAsyncOptions): DynamicModule {
    const load = async (...args: never[]): Promise<Settings> => {
      const options = await useFactory(...args);
      return options instanceof Settings ? options : loadSettings(options);
    };
    const settings = { provide: Settings, inject, useFactory: load as FactoryProvider['useFactory'] };
    return assemble(settings, extras);
  }
}

function assemble(
  settings: Provider,
  { imports = [], registry, relay, isGlobal = true }: Omit<KittiwakeAsyncOptions, 'useFactory'>,
): DynamicModule {
  const routes = new Routes();
  return {
    module: KittiwakeModule,
    global: isGlobal,
    imports: [DiscoveryModule, ...imports],
    controllers: routes.controllers,
    providers: [
      settings,
      ...(relay === undefined ? [StartChecks] : []), // else the process that keeps the workers has told it
      { provide: Routes, inject: [Settings], useFactory: (loaded: Settings) => placed(routes, loaded) },
      ...(registry ? [{ provide: METRICS_REGISTRY, useValue: registry }] : []),
      { provide: CONNECTION_SETTINGS, inject: [Settings], useFactory: connectionSettings },
      { provide: InputBounds, inject: [Settings], useFactory: inputBounds },
      { provide: RoomsSettings, inject: [Settings], useFactory: roomsSettings },
      { provide: PublishSettings, inject: [Settings], useFactory: publishSettings },
      {
        provide: Endpoints,
        inject: [Settings, TopicsGateway, RoomsGateway, RpcGateway],
        useFactory: endpoints,
      },
      {
        provide: BROKER,
        inject: [Settings, Metrics],
        useFactory: (settings: Settings, metrics: Metrics) => broker(settings, metrics, relay),
      },
      { provide: CALLER, inject: [Settings, Metrics], useFactory: caller },
      { provide: REQUESTER, useExisting: CALLER },
      { provide: STREAM_REQUESTER, useExisting: CALLER },
      BrokerLoss,
      Kittiwake,
      Lifecycle,
      ...LIFETIME_PROVIDERS,
      MainServer,
      ...FLOOR,
      ...PROCEDURES,
      ...TOPICS,
      ...ROOMS,
      ...RPC,
      ...HTTP,
    ],
    exports: [Kittiwake, ProceduresConfig],
  };
}

function placed(routes: Routes, settings: Settings): Routes {
  routes.place(settings);
  return routes;
}
