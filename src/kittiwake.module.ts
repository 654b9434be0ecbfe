import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { AUTH_PROVIDERS } from './auth/auth.providers.js';
import { listOf } from './base/list-of.js';
import { BrokerLoss } from './broker-loss.js';
import { CALLBACKS_PROVIDERS } from './callbacks/callbacks.providers.js';
import { CLIENT_DOMAINS } from './clients/client-domain.js';
import { Clients } from './clients/clients.js';
import { CLIENTS_PROVIDERS } from './clients/clients.providers.js';
import { CLUSTER_PROVIDERS } from './cluster/cluster.providers.js';
import { CLIENT_SCRIPT_PROVIDERS } from './client-script/client-script.providers.js';
import { CONFIG_PROVIDERS } from './config/config.providers.js';
import { loadSettings } from './config/loading/load-settings.js';
import type { KittiwakeOptions } from './config/options.js';
import { Settings } from './config/settings.js';
import { Connections } from './connection/connections.js';
import { CONNECTION_PROVIDERS } from './connection/connection.providers.js';
import { KEEPS_HANDSHAKES } from './connection/handshakes.js';
import { DELIVERY_PROVIDERS } from './delivery/delivery.providers.js';
import { ENDPOINTS_PROVIDERS } from './endpoints/endpoints.providers.js';
import { brokerProvider, GATEWAYS, MADE_OF_SETTINGS } from './factories.js';
import { HISTORY_PROVIDERS } from './history/history.providers.js';
import { GatewayKittiwake } from './gateway.kittiwake.js';
import { Kittiwake } from './kittiwake.js';
import { Lifecycle } from './lifecycle.js';
import { LEASES_PROVIDERS } from './leases/leases.providers.js';
import { LIFETIME_PROVIDERS } from './lifetime-parts.js';
import { METRICS_REGISTRY, type MetricsRegistry } from './metrics/metrics-registry.js';
import { Refusals } from './metrics/refusals.js';
import { METRICS_PROVIDERS } from './metrics/metrics.providers.js';
import { OBSERVERS_PROVIDERS } from './observers/observers.providers.js';
import { OBSERVED, type Observed } from './observing/observed.js';
import { OPEN_API_PROVIDERS } from './open-api/open-api.providers.js';
import { OPERATOR_PROCEDURES, OPERATORS_PROVIDERS } from './operators/operators.providers.js';
import { BROUGHT_PROCEDURES } from './procedures/brought-procedures.js';
import { PRESENCE_PROVIDERS } from './presence/presence.providers.js';
import { PROCEDURES_PROVIDERS } from './procedures/procedures.providers.js';
import { PUSH_PROVIDERS } from './push/push.providers.js';
import { ROOMS_PROVIDERS } from './rooms/rooms.providers.js';
import { RoomSubscriptions } from './rooms/room-subscriptions.js';
import { RoomClients } from './rooms/room-clients.js';
import { Routes } from './routes.js';
import { ProceduresConfig } from './rpc/built-in/procedures-config.js';
import { BUILT_IN_PROCEDURES, RPC_PROVIDERS } from './rpc/rpc.providers.js';
import { RpcClients } from './rpc/websocket/rpc-clients.js';
import { StartChecks } from './start-checks.js';
import { STREAMS_PROVIDERS } from './streams/streams.providers.js';
import { Lifecycles } from './topics/lifecycle/lifecycles.js';
import { TopicClients } from './topics/topic-clients.js';
import { TRACING_PROVIDERS } from './tracing/tracing.providers.js';
import { TOPICS_PROVIDERS } from './topics/topics.providers.js';

/** The providers of each folder. */
const FOLDERS: Provider[] = [
  ...CONFIG_PROVIDERS,
  ...METRICS_PROVIDERS,
  ...TRACING_PROVIDERS,
  ...CONNECTION_PROVIDERS,
  ...CALLBACKS_PROVIDERS,
  ...HISTORY_PROVIDERS,
  ...LEASES_PROVIDERS,
  ...DELIVERY_PROVIDERS,
  ...CLUSTER_PROVIDERS,
  ...PRESENCE_PROVIDERS,
  ...CLIENTS_PROVIDERS,
  ...AUTH_PROVIDERS,
  ...ENDPOINTS_PROVIDERS,
  ...STREAMS_PROVIDERS,
  ...PROCEDURES_PROVIDERS,
  ...TOPICS_PROVIDERS,
  ...ROOMS_PROVIDERS,
  ...RPC_PROVIDERS,
  ...PUSH_PROVIDERS,
  ...CLIENT_SCRIPT_PROVIDERS,
  ...OPEN_API_PROVIDERS,
  ...OPERATORS_PROVIDERS,
  ...OBSERVERS_PROVIDERS,
];

/** Options of the module that are not settings. */
export interface KittiwakeExtras {
  /** Whether modules that do not import this one can inject {@link Kittiwake}. Default: true. */
  readonly isGlobal?: boolean | undefined;
  /** Its own registry of prom-client: the metrics of the gateway are added to those of the app. */
  readonly registry?: MetricsRegistry | undefined;
  /**
   * Whether callbacks of topics, tickets and rooms, and calls, have the request with which their client has connected (`request.handshake`): a
   * KiB or two for each connection. Default: false.
   */
  readonly keepHandshakes?: boolean | undefined;
}

/** Options of {@link KittiwakeModule.forRootAsync}: a factory of the settings, and the providers that it needs. */
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
  {
    imports = [],
    registry,
    relay,
    isGlobal = true,
    keepHandshakes = false,
  }: Omit<KittiwakeAsyncOptions, 'useFactory'>,
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
      { provide: KEEPS_HANDSHAKES, useValue: keepHandshakes },
      brokerProvider(relay),
      ...MADE_OF_SETTINGS,
      listOf(
        BROUGHT_PROCEDURES,
        [...BUILT_IN_PROCEDURES, ...OPERATOR_PROCEDURES].map(({ provide }) => provide),
      ),
      listOf(CLIENT_DOMAINS, [TopicClients, RoomClients, RpcClients]),
      listOf<Observed>(OBSERVED, [Connections, Refusals, Clients, Lifecycles, RoomSubscriptions]),
      BrokerLoss,
      { provide: Kittiwake, useClass: GatewayKittiwake },
      Lifecycle,
      ...LIFETIME_PROVIDERS,
      ...FOLDERS,
      ...GATEWAYS,
    ],
    exports: [Kittiwake, ProceduresConfig],
  };
}

function placed(routes: Routes, settings: Settings): Routes {
  routes.place(settings);
  return routes;
}
