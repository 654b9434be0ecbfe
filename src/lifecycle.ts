import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import type { Server } from 'node:http';
import type { BrokerState } from './broker/broker.js';
import { CALLER } from './callbacks/caller.js';
import type { HttpCaller } from './callbacks/http.caller.js';
import { Settings } from './config/settings.js';
import { ADAPTER_ABSENT, AbsentAdapter } from './connection/absent.adapter.js';
import type { Connection } from './connection/connection.js';
import { Connections } from './connection/connections.js';
import { Endpoints } from './connection/endpoints.js';
import { Hub } from './delivery/hub.js';
import { Readiness } from './http/readiness.js';
import { CLOSE_REASONS } from './protocol/close-reason.js';
import { RabbitMqTriggers } from './rooms/rabbitmq-triggers.js';
import { RoomHub } from './rooms/room-hub.js';
import { RoomSessions } from './rooms/room-sessions.js';
import { Sessions } from './topics/sessions.js';

/** The beginning and the end of a gateway, and what it does when its broker is lost. */
@Injectable()
export class Lifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('Kittiwake');
  private isStopping = false;

  constructor(
    private readonly settings: Settings,
    private readonly modules: ModuleRef,
    private readonly connections: Connections,
    private readonly hub: Hub,
  ) {
    const config = modules['container'].applicationConfig;
    if (!config?.getIoAdapter()) config?.setIoAdapter(new AbsentAdapter(() => this.httpServer !== undefined));
  }

  /** @throws when clients could not connect, or the broker cannot be reached. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.httpServer && !this.modules.get(Endpoints).areConnected) throw new Error(ADAPTER_ABSENT);
    await this.hub.start((state, affected) => this.brokerStateChanged(state, affected));
    if (!this.settings.rooms) return;
    await this.modules.get(RoomHub).start();
    this.modules.get(RabbitMqTriggers).start();
  }

  /** No new clients; those that are there are closed, and the app is told of the end of each subscription. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    const { spreadMs, timeoutMs } = this.settings.shutdown;
    this.modules.get(Readiness).drain();
    this.connections.refuseAll();
    this.stopListening();
    await this.connections.closeAll(CLOSE_REASONS.reconnect, spreadMs);
    const drained = [this.modules.get(Sessions).drained(), this.modules.get(RoomSessions).drained()];
    const isDrained = await settlesWithin(Promise.all(drained), timeoutMs);
    if (!isDrained) this.logger.warn('the app was not told of the end of every subscription in time');
    await this.connections.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.modules.get(RabbitMqTriggers).stop();
    await this.hub.stop();
    await this.modules.get<HttpCaller>(CALLER).close();
  }

  private stopListening(): void {
    if (this.httpServer?.listening) this.httpServer.close();
  }

  /** Nothing in an app without HTTP, which can publish all the same. */
  private get httpServer(): Server | undefined {
    const { httpAdapter } = this.modules.get(HttpAdapterHost, { strict: false });
    return httpAdapter?.getHttpServer() as Server | undefined;
  }

  private brokerStateChanged(state: BrokerState, affected?: ReadonlySet<Connection>): void {
    if (this.isStopping) return;
    if (state === 'ready') this.connections.acceptAll();
    else this.brokerLost(affected);
  }

  /** Clients must know that publications may be missing: they are told to come back, here or elsewhere. */
  private brokerLost(affected: ReadonlySet<Connection> | undefined): void {
    const { spreadMs } = this.settings.shutdown;
    this.connections.refuseAll();
    if (this.settings.broker.onLoss === 'exit') {
      this.logger.error('the broker is lost: stopping');
      process.kill(process.pid, 'SIGTERM');
    } else if (affected) {
      this.logger.error(`the broker is lost in part: disconnecting ${affected.size} clients`);
      void this.connections.close(affected, CLOSE_REASONS.reconnect, spreadMs);
    } else {
      this.logger.error('the broker is lost: disconnecting all clients until it is back');
      void this.connections.closeAll(CLOSE_REASONS.reconnect, spreadMs);
    }
  }
}

async function settlesWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const settled = await Promise.race([promise.then(() => true), timeout]);
  clearTimeout(timer);
  return settled;
}
