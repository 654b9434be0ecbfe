import type { Logger } from '@nestjs/common';
import { explainedRabbitMqFault } from './faults.js';

/**
 * Logs that RabbitMQ is away: a warning when it is lost, and one for each further reason that an operator can cure;
 * the other attempts at debug level.
 */
export class RabbitMqOutage {
  /** The cures logged: the words of one reason may differ from attempt to attempt. */
  private readonly warned = new Set<string>();

  constructor(private readonly logger: Pick<Logger, 'warn' | 'debug'>) {}

  /** Logs that RabbitMQ is lost, or that an attempt to connect has failed. */
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

  /** Handles that RabbitMQ is back: the next loss is news again. */
  end(): void {
    this.warned.clear();
  }
}
