import { Injectable, Logger } from '@nestjs/common';
import type { Closable, Startable } from './base/lifetime.js';
import type { BrokerState } from './broker/broker.js';
import { BrokerSettings } from './config/sections/broker/broker.settings.js';
import { ShutdownSettings } from './config/sections/shutdown.settings.js';
import type { Connection } from './connection/connection.js';
import { Connections } from './connection/connections.js';
import { Hub } from './delivery/hub.js';
import { CLOSE_REASONS } from './protocol/close-reason.js';

/** The consequences of a broker that is lost, and of one that is back. */
@Injectable()
export class BrokerLoss implements Startable, Closable {
  private readonly logger = new Logger('Broker');
  private isStopping = false;

  constructor(
    private readonly settings: BrokerSettings,
    private readonly shutdown: ShutdownSettings,
    private readonly connections: Connections,
    private readonly hub: Hub,
  ) {}

  /** Connects the broker. @throws when it cannot be reached. */
  start(): Promise<void> {
    return this.hub.start((state, affected) => this.changed(state, affected));
  }

  /** From here on the clients are closed anyway. */
  close(): void {
    this.isStopping = true;
  }

  private changed(state: BrokerState, affected?: ReadonlySet<Connection>): void {
    if (this.isStopping) return;
    if (state === 'ready') this.connections.acceptAll();
    else this.lost(affected);
  }

  /** Clients must know that publications may be missing: they are told to come back, here or elsewhere. */
  private lost(affected: ReadonlySet<Connection> | undefined): void {
    const { spreadMs } = this.shutdown;
    this.connections.refuseAll();
    if (this.settings.onLoss === 'exit') {
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
