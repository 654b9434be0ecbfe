import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { faultText } from '../broker.error.js';
import { IS_REPLICA, IS_SENTINEL } from './link/faults.js';

/**
 * Asks a server whether it is the primary. One that was made a replica keeps its connections and takes publications,
 * which nobody but its own subscribers gets.
 */
export class RedisRole {
  private readonly logger = new Logger('Broker');
  private isUnknown = false;

  /** @returns the fault; nothing, with one warning, when the user may not ask. @throws other errors of Redis. */
  async fault(client: Redis): Promise<string | undefined> {
    if (this.isUnknown) return undefined;
    const role = await this.ask(client);
    if (role === 'slave') return IS_REPLICA;
    return role === 'sentinel' ? IS_SENTINEL : undefined;
  }

  private async ask(client: Redis): Promise<string | undefined> {
    try {
      return String((await client.role())[0]);
    } catch (error) {
      if (!isRefused(error)) throw error;
      return this.askOtherwise(client);
    }
  }

  private async askOtherwise(client: Redis): Promise<string | undefined> {
    try {
      return /^role:(\w+)/m.exec(await client.info('replication'))?.[1];
    } catch (error) {
      if (!isRefused(error)) throw error;
      this.isUnknown = true;
      this.logger.warn(
        `its user may not ask Redis for its role, so a primary that becomes a replica will not be noticed: ` +
          `it needs +role (${faultText(error)})`,
      );
      return undefined;
    }
  }
}

/** Whether the user has no right to the command, or a hosted Redis has it removed. */
function isRefused(error: unknown): boolean {
  return /^NOPERM\b|unknown command/.test(faultText(error));
}
