import { Injectable, Logger } from '@nestjs/common';
import { stackOf } from '../../base/message-of.js';
import { PublishSettings } from '../../config/sections/publish.settings.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import { Metrics, type PublicationSource } from '../../metrics/metrics.js';
import type { JsonText } from '../../protocol/json/json.js';
import { TriggerParser } from '../room/trigger-parser.js';
import { type Trigger, TriggerError } from '../room/trigger.js';

/** The triggers in messages of RabbitMQ. What is none is dropped, logged and counted. */
@Injectable()
export class RabbitMqInput {
  private readonly logger = new Logger('RabbitMQ');
  private readonly warnings = new DigestedLog(this.logger);
  private count = 0;

  constructor(
    private readonly parser: TriggerParser,
    private readonly publish: PublishSettings,
    private readonly metrics: Metrics,
  ) {}

  /** The messages that RabbitMQ has brought since the start, malformed ones included. */
  get received(): number {
    return this.count;
  }

  /** Reads a message, and has its trigger taken. @returns what that returns; nothing when it is dropped. */
  take<Result>(content: Buffer, use: (trigger: Trigger) => Result): Result | undefined {
    this.count++;
    const { maxBodyBytes } = this.publish;
    if (content.length > maxBodyBytes) {
      const limits = `${content.length} bytes, allowed are ${maxBodyBytes}`;
      this.warnings.warn('oversized', `dropped a message of RabbitMQ: ${limits}`);
      this.metrics.dropped('oversized');
      return undefined;
    }
    try {
      return use(this.parser.parse(content));
    } catch (error) {
      this.dropped(error);
      return undefined;
    }
  }

  /** The trigger in a message that was taken before, or in its text; nothing for what was dropped. */
  takeAgain(message: Buffer | JsonText): Trigger | undefined {
    if (message.length > this.publish.maxBodyBytes) return undefined;
    return this.parser.parseAgain(message);
  }

  /** Counts a trigger. */
  counted(source: PublicationSource): void {
    this.metrics.publicationTaken(source);
  }

  private dropped(error: unknown): void {
    if (!(error instanceof TriggerError)) this.logger.error(stackOf(error));
    else this.warnings.warn('malformed', `dropped a message of RabbitMQ: ${error.message}`);
    this.metrics.dropped('malformed');
  }
}
