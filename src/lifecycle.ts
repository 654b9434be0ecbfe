import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { ShutdownSettings } from './config/sections/shutdown.settings.js';
import { Connections } from './connection/connections.js';
import { MainServer } from './connection/upgrade/main-server.js';
import { LifetimeParts } from './lifetime-parts.js';
import { CLOSE_REASONS } from './protocol/close-reason.js';

/** The time for the ends that stopping has given up to be counted. */
const LAST_ENDS_MS = 100;

/** The beginning and the end of a gateway. */
@Injectable()
export class Lifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('Kittiwake');
  private stoppingSinceMs = 0;
  private isAppTold = true;

  constructor(
    private readonly settings: ShutdownSettings,
    private readonly parts: LifetimeParts,
    private readonly connections: Connections,
    private readonly main: MainServer,
  ) {}

  /** @throws when clients would be cut off, or the broker cannot be reached. */
  async onApplicationBootstrap(): Promise<void> {
    this.main.open();
    await this.parts.start();
  }

  /** No new clients; those that are there are closed, and the app is told of the end of each subscription. */
  async beforeApplicationShutdown(): Promise<void> {
    const { spreadMs, timeoutMs } = this.settings;
    this.beginStopping();
    const closed = this.parts.close();
    this.connections.refuseAll();
    this.main.close();
    await this.connections.closeAll(CLOSE_REASONS.reconnect, spreadMs);
    const [isDrained] = await Promise.all([
      this.parts.drained(timeoutMs),
      this.main.answered(timeoutMs),
      closed,
    ]);
    this.isAppTold = isDrained;
    if (!isDrained) this.logger.warn('the app was not told of the end of every subscription in time');
    await this.connections.stop();
    this.main.end();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.parts.stop();
    await this.parts.drained(LAST_ENDS_MS); // what was given up says so before the last line
    const tookMs = Math.round(performance.now() - this.stoppingSinceMs);
    const told = this.isAppTold ? 'the app was told of every end' : 'the app was not told of every end';
    this.logger.log(`stopped within ${tookMs} ms: all clients are closed, ${told}`);
  }

  private beginStopping(): void {
    const { spreadMs, timeoutMs } = this.settings;
    this.stoppingSinceMs = performance.now();
    this.logger.log(
      `stopping: ${this.connections.count} clients are closed within ${spreadMs} ms, and the app is told within ${timeoutMs} ms`,
    );
  }
}
