import type { Logger } from '@nestjs/common';
import { explainedRabbitMqFault } from './faults.js';

/**
 * What is logged of a RabbitMQ that is away: a warning when it is lost, and one for each other reason that somebody has
 * to do something about.
 */
export class RabbitMqOutage {
  /** The cures told: the words of one reason may differ from attempt to attempt. */
  private readonly warned = new Set<string>();

  constructor(private readonly logger: Pick<Logger, 'warn' | 'debug'>) {}

  /** It is lost, or an attempt has failed. */
  failed(server: string, fault: string): void {
    const { text, cure } = explainedRabbitMqFault(fault);
    const isNews = this.warned.size === 0 || (cure !== undefined && !this.warned.has(cure));
    if (!isNews) {
      this.logger.debug(`RabbitMQ at ${server}: ${text}`);
      return;
    }
    this.warned.add(cure ?? text);
    this.logger.warn(`no triggers from RabbitMQ at ${server}: ${text}`);
  }

  /** It is back. */
  end(): void {
    this.warned.clear();
  }
}
