import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { settlesWithin } from './base/time-limit.js';
import type { BrokerState } from './broker/broker.js';
import { CALLER } from './callbacks/caller.js';
import type { HttpCaller } from './callbacks/http/http.caller.js';
import { Settings } from './config/settings.js';
import { ADAPTER_ABSENT, AbsentAdapter } from './connection/upgrade/absent.adapter.js';
import type { Connection } from './connection/connection.js';
import { Connections } from './connection/connections.js';
import { Endpoints } from './connection/endpoints.js';
import { Listeners } from './connection/upgrade/listeners.js';
import { OpenRequests } from './connection/upgrade/open-requests.js';
import { Hub } from './delivery/hub.js';
import { Readiness } from './operators/readiness.js';
import { CLOSE_REASONS } from './protocol/close-reason.js';
import { RabbitMqTriggers } from './rooms/rabbitmq/rabbitmq-triggers.js';
import { RoomHub } from './rooms/room-hub.js';
import { RoomSessions } from './rooms/room-sessions.js';
import { RpcSessions } from './rpc/websocket/sessions.js';
import { Sessions } from './topics/sessions.js';

/** Until a new version is the only one that a client can find: what it replaced may have connections to accept. */
const SETTLE_MS = 100;
/** How long clients that have just connected may take to say what they want. */
const GRACE_MS = 1_000;

/** The beginning and the end of a gateway, and what it does when its broker is lost. */
@Injectable()
export class Lifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('Kittiwake');
  private isStopping = false;
  private stoppingSinceMs = 0;
  private isAppTold = true;
  private requests: OpenRequests | undefined;

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
    if (this.httpServer) this.requests = OpenRequests.of(this.httpServer);
    await this.hub.start((state, affected) => this.brokerStateChanged(state, affected));
    if (!this.settings.rooms) return;
    await this.modules.get(RoomHub).start();
    this.modules.get(RabbitMqTriggers).start();
  }

  /** Takes no new connections, for a new version of the process does; those that are there are served as before. */
  async retire(): Promise<void> {
    await delay(SETTLE_MS);
    this.modules.get(Listeners).stopAccepting();
    this.requests?.closeAfterAnswers();
    await delay(GRACE_MS);
  }

  /** No new clients; those that are there are closed, and the app is told of the end of each subscription. */
  async beforeApplicationShutdown(): Promise<void> {
    const { spreadMs, timeoutMs } = this.settings.shutdown;
    this.beginStopping();
    this.modules.get(Readiness).drain();
    this.connections.refuseAll();
    this.requests?.closeAfterAnswers();
    this.stopListening();
    await this.connections.closeAll(CLOSE_REASONS.reconnect, spreadMs);
    const parts: { drained(): Promise<void> }[] = [Sessions, RoomSessions, RpcSessions].map((part) =>
      this.modules.get(part),
    );
    const [isDrained] = await Promise.all([
      settlesWithin(timeoutMs, Promise.all(parts.map((part) => part.drained()))),
      this.requests?.answered(timeoutMs),
    ]);
    this.isAppTold = isDrained;
    if (!isDrained) this.logger.warn('the app was not told of the end of every subscription in time');
    await this.connections.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.modules.get(RabbitMqTriggers).stop();
    await this.hub.stop();
    await this.modules.get<HttpCaller>(CALLER).close();
    const tookMs = Math.round(performance.now() - this.stoppingSinceMs);
    const told = this.isAppTold ? 'the app was told of every end' : 'the app was not told of every end';
    this.logger.log(`stopped within ${tookMs} ms: all clients are closed, ${told}`);
  }

  private beginStopping(): void {
    const { spreadMs, timeoutMs } = this.settings.shutdown;
    this.isStopping = true;
    this.stoppingSinceMs = performance.now();
    this.logger.log(
      `stopping: ${this.connections.count} clients are closed within ${spreadMs} ms, and the app is told within ${timeoutMs} ms`,
    );
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
