import { Logger } from '@nestjs/common';
import { messageOf } from '../../base/message-of.js';
import type { Broker } from '../../broker/broker.js';
import { MemoryBroker } from '../../broker/memory.broker.js';
import type { Listeners } from '../../connection/upgrade/listeners.js';
import { Bequest } from './bequest.js';
import { Successor, type SuccessorCommand } from './successor.js';

/** The time limit for a new process until it serves. */
const START_LIMIT_MS = 60_000;

/** The things that a process hands over, and its way to end. */
export interface HandoverSource {
  readonly listeners: Listeners;
  /** The service secret, if none is configured. */
  readonly secret: string | undefined;
  /** Keeps histories in memory, perhaps. */
  readonly broker: Broker;
  /** Stops taking connections. */
  readonly retire: () => Promise<void>;
}

/**
 * Replaces this process by a new one without refusing a connection: the new one is started with the listening sockets
 * of this one, and once it serves, this one ends as on SIGTERM. If it does not come to that, this one goes on.
 */
export class Handover {
  private readonly logger = new Logger('Kittiwake');
  private isUnderWay = false;

  constructor(
    private readonly source: HandoverSource,
    private readonly command: SuccessorCommand,
  ) {}

  /** Does nothing while a handover is under way. Never rejects. */
  async begin(): Promise<void> {
    if (this.isUnderWay) return;
    this.isUnderWay = true;
    this.logger.log('starting a new process, which is to take over');
    try {
      const successor = this.successor();
      this.logger.log(`process ${await successor.ready(START_LIMIT_MS)} takes over; this one ends`);
    } catch (error) {
      this.logger.error(`${messageOf(error)}; this process goes on`);
      this.isUnderWay = false;
      return;
    }
    await this.source.retire();
    process.kill(process.pid, 'SIGTERM');
  }

  private successor(): Successor {
    const { listeners, secret, broker } = this.source;
    const { sockets } = listeners;
    if (!(broker instanceof MemoryBroker)) return new Successor(this.command, { sockets, secret });
    return new Successor(this.command, { sockets, secret, hasHistory: true }, (path) =>
      Bequest.give(broker, path),
    );
  }
}
