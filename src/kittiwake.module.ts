import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AuthenticatorExplorer } from './auth/authenticator-explorer.js';
import { Authenticators } from './auth/authenticator.js';
import { BROKER } from './broker/broker.js';
import { CALLER } from './callbacks/caller.js';
import { REQUESTER } from './callbacks/requester.js';
import { HttpCaller } from './callbacks/http.caller.js';
import { ProviderMethods } from './callbacks/provider-methods.js';
import { loadSettings } from './config/load-settings.js';
import type { KittiwakeOptions } from './config/options.js';
import { PublishSettings } from './config/publish.settings.js';
import { RoomsSettings } from './config/rooms.settings.js';
import { Settings } from './config/settings.js';
import { CONNECTION_SETTINGS } from './connection/connection.settings.js';
import { Connections } from './connection/connections.js';
import { Endpoints } from './connection/endpoints.js';
import { Hub } from './delivery/hub.js';
import { broker, connectionSettings, endpoints, publishSettings, roomsSettings } from './factories.js';
import { ApiKeys } from './http/api-keys.js';
import { HealthController } from './http/health.controller.js';
import { MetricsController } from './http/metrics.controller.js';
import { MetricsServer } from './http/metrics-server.js';
import { PublishController } from './http/publish.controller.js';
import { PublishIntake } from './http/publish.intake.js';
import { Readiness } from './http/readiness.js';
import { TriggerController } from './http/trigger.controller.js';
import { TriggerIntake } from './http/trigger.intake.js';
import { Kittiwake } from './kittiwake.js';
import { Lifecycle } from './lifecycle.js';
import { Metrics } from './metrics/metrics.js';
import { RabbitMqTriggers } from './rooms/rabbitmq-triggers.js';
import { RoomHub } from './rooms/room-hub.js';
import { RoomPublisher } from './rooms/room-publisher.js';
import { RoomSessions } from './rooms/room-sessions.js';
import { RoomStatus } from './rooms/room-status.js';
import { RoomsApiExplorer } from './rooms/rooms-api-explorer.js';
import { RoomsApiHolder } from './rooms/rooms-api.js';
import { RoomsGateway } from './rooms/rooms.gateway.js';
import { Services } from './topics/services.js';
import { Sessions } from './topics/sessions.js';
import { TopicPublisher } from './topics/topic-publisher.js';
import { TopicServiceExplorer } from './topics/topic-service-explorer.js';
import { TopicSubscriptions } from './topics/topic-subscriptions.js';
import { TopicsGateway } from './topics/topics.gateway.js';

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
    controllers: [PublishController, TriggerController, HealthController, MetricsController],
    providers: [
      settings,
      { provide: CONNECTION_SETTINGS, inject: [Settings], useFactory: connectionSettings },
      { provide: RoomsSettings, inject: [Settings], useFactory: roomsSettings },
      { provide: PublishSettings, inject: [Settings], useFactory: publishSettings },
      { provide: Endpoints, inject: [Settings], useFactory: endpoints },
      { provide: BROKER, inject: [Settings, Metrics], useFactory: broker },
      {
        provide: CALLER,
        inject: [Settings],
        useFactory: ({ callbacks }: Settings) => new HttpCaller(callbacks),
      },
      { provide: REQUESTER, useExisting: CALLER },
      ApiKeys,
      Authenticators,
      AuthenticatorExplorer,
      Connections,
      Hub,
      Kittiwake,
      Lifecycle,
      Metrics,
      MetricsServer,
      ProviderMethods,
      PublishIntake,
      RabbitMqTriggers,
      Readiness,
      RoomHub,
      RoomPublisher,
      RoomSessions,
      RoomStatus,
      RoomsApiExplorer,
      RoomsApiHolder,
      RoomsGateway,
      Services,
      Sessions,
      TopicPublisher,
      TopicServiceExplorer,
      TopicSubscriptions,
      TopicsGateway,
      TriggerIntake,
    ],
    exports: [Kittiwake],
  };
}
