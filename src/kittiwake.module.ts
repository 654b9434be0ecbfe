import {
  type DynamicModule,
  type FactoryProvider,
  Logger,
  Module,
  type ModuleMetadata,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { randomBytes } from 'node:crypto';
import { AuthenticatorExplorer } from './auth/authenticator-explorer.js';
import { Authenticators } from './auth/authenticator.js';
import { BROKER, type Broker } from './broker/broker.js';
import { MemoryBroker } from './broker/memory.broker.js';
import { PairedBroker } from './broker/paired.broker.js';
import { RedisBroker } from './broker/redis.broker.js';
import { CALLER } from './callbacks/caller.js';
import { HttpCaller } from './callbacks/http.caller.js';
import { ProviderMethods } from './callbacks/provider-methods.js';
import { loadSettings } from './config/load-settings.js';
import type { KittiwakeOptions } from './config/options.js';
import { PublishSettings } from './config/publish.settings.js';
import { Settings } from './config/settings.js';
import { CONNECTION_SETTINGS, type ConnectionSettings } from './connection/connection.settings.js';
import { Connections } from './connection/connections.js';
import { Endpoint } from './connection/endpoint.js';
import { Endpoints } from './connection/endpoints.js';
import { Hub } from './delivery/hub.js';
import { HealthController } from './http/health.controller.js';
import { MetricsController } from './http/metrics.controller.js';
import { MetricsServer } from './http/metrics-server.js';
import { PublishController } from './http/publish.controller.js';
import { Readiness } from './http/readiness.js';
import { Kittiwake } from './kittiwake.js';
import { Lifecycle } from './lifecycle.js';
import { Metrics } from './metrics/metrics.js';
import { KITTIWAKE_V1 } from './protocol/sub-protocol.js';
import { Services } from './topics/services.js';
import { Sessions } from './topics/sessions.js';
import { TopicPublisher } from './topics/topic-publisher.js';
import { TopicServiceExplorer } from './topics/topic-service-explorer.js';
import { TopicSubscriptions } from './topics/topic-subscriptions.js';
import { TOPICS_ENDPOINT, TopicsGateway } from './topics/topics.gateway.js';

/** How the options are made when other providers are needed for it. */
export interface KittiwakeAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  /** Returns the options, or the settings that were loaded from them. */
  readonly useFactory: (
    ...args: never[]
  ) => KittiwakeOptions | Settings | Promise<KittiwakeOptions | Settings>;
}

/**
 * The gateway as a Nest module. The app that imports it must use its adapter:
 * `app.useWebSocketAdapter(new KittiwakeAdapter(app))`.
 */
@Module({})
export class KittiwakeModule {
  /** @throws {ConfigurationError} when an option is unknown, of the wrong type or missing. */
  static forRoot(options: KittiwakeOptions = {}): DynamicModule {
    return assemble([], { provide: Settings, useValue: loadSettings(options) });
  }

  /** As {@link forRoot}, with options that a factory makes; they are checked when the app starts. */
  static forRootAsync({ imports = [], inject = [], useFactory }: KittiwakeAsyncOptions): DynamicModule {
    const load = async (...args: never[]): Promise<Settings> => {
      const options = await useFactory(...args);
      return options instanceof Settings ? options : loadSettings(options);
    };
    return assemble(imports, {
      provide: Settings,
      inject,
      useFactory: load as FactoryProvider['useFactory'],
    });
  }
}

function assemble(imports: NonNullable<ModuleMetadata['imports']>, settings: Provider): DynamicModule {
  return {
    module: KittiwakeModule,
    imports: [DiscoveryModule, ...imports],
    controllers: [PublishController, HealthController, MetricsController],
    providers: [
      settings,
      { provide: CONNECTION_SETTINGS, inject: [Settings], useFactory: connectionSettings },
      { provide: PublishSettings, inject: [Settings], useFactory: publishSettings },
      { provide: Endpoints, inject: [Settings], useFactory: endpoints },
      { provide: BROKER, inject: [Settings, Metrics], useFactory: broker },
      {
        provide: CALLER,
        inject: [Settings],
        useFactory: ({ callbacks }: Settings) => new HttpCaller(callbacks),
      },
      Authenticators,
      AuthenticatorExplorer,
      Connections,
      Hub,
      Kittiwake,
      Lifecycle,
      Metrics,
      MetricsServer,
      ProviderMethods,
      Readiness,
      Services,
      Sessions,
      TopicPublisher,
      TopicServiceExplorer,
      TopicSubscriptions,
      TopicsGateway,
    ],
    exports: [Kittiwake],
  };
}

function connectionSettings({ origins, server, limits, auth, ping }: Settings): ConnectionSettings {
  return {
    origins,
    trustProxy: server.trustProxy,
    maxFrameBytes: limits.frameBytes,
    maxInboxBytes: limits.inboxBytes,
    maxOutboxBytes: limits.outboxBytes,
    maxConnections: limits.connections,
    maxConnectionsPerAddress: limits.connectionsPerAddress,
    maxEventsPerSecond: limits.eventsPerSecond,
    admissionDeadlineMs: auth.deadlineMs,
    idleMs: limits.idleMs,
    pingIntervalMs: ping.intervalMs,
    pingTimeoutMs: ping.timeoutMs,
  };
}

function publishSettings({ publish }: Settings): PublishSettings {
  if (publish.apiKeys.length > 0 || !publish.enabled) return publish;
  const apiKey = randomBytes(24).toString('base64url');
  new Logger('Kittiwake').warn(
    `No API key is configured (publish.apiKeys). Until the next start it is ${apiKey}`,
  );
  return Object.assign(new PublishSettings(), publish, { apiKeys: [apiKey] });
}

function endpoints({ topics }: Settings): Endpoints {
  return new Endpoints(new Map([[TOPICS_ENDPOINT, new Endpoint(topics.path, [KITTIWAKE_V1])]]));
}

function broker({ broker: { kind, redis, redisAlt } }: Settings, metrics: Metrics): Broker {
  if (kind === 'memory') return new MemoryBroker();
  const dropped = (reason: string): void => metrics.dropped(reason);
  const main = new RedisBroker(redis, dropped);
  return redisAlt ? new PairedBroker(main, new RedisBroker(redisAlt, dropped)) : main;
}
