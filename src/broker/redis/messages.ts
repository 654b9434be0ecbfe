import { Logger } from '@nestjs/common';
import { stackOf } from '../../base/message-of.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import { INPUT_BOUNDS, type InputBounds } from '../../protocol/json/bounds.js';
import { JsonDocument, type JsonReading } from '../../protocol/json/json-document.js';
import { Publication, PublicationError } from '../../protocol/publication.js';
import { BrokerError } from '../broker.error.js';
import type { Delay } from './arrivals.js';

/** The reason why a message was not taken for a publication. */
export type MessageFault = 'oversized' | 'malformed';

/** As large as a frame that a client may send. */
const DEFAULT_MAX_BYTES = 1_048_576;

/** The bounds of a message; one beyond them is dropped. */
export interface MessageLimits {
  /** Default: 1 MiB. */
  readonly maxBytes?: number;
  /** The bounds of its JSON. Default: those of all input. */
  readonly bounds?: InputBounds;
}

/** Tells publications from whatever else is published on a channel: anyone with access to Redis may write there. */
export class RedisMessages {
  private readonly logger = new Logger('Broker');
  private readonly warnings = new DigestedLog(this.logger);
  private readonly maxBytes: number;
  private readonly reading: JsonReading;

  /** @param onDropped called for each message that is not taken for a publication. */
  constructor(
    { maxBytes = DEFAULT_MAX_BYTES, bounds = INPUT_BOUNDS }: MessageLimits = {},
    private readonly onDropped: (reason: MessageFault) => void = () => undefined,
  ) {
    this.maxBytes = maxBytes;
    this.reading = { bounds, fault: PublicationError };
  }

  /** @throws {BrokerError} when the publication is so large that every node would drop it. */
  assertCarried({ text }: Publication): void {
    const bytes = Buffer.byteLength(text);
    if (bytes > this.maxBytes) {
      throw new BrokerError(`cannot publish: ${bytes} bytes, allowed are ${this.maxBytes}`);
    }
  }

  /** The publication that the bytes hold; `undefined`, logged and counted, when they hold none. Never throws. */
  read(channel: string, bytes: Buffer, delay?: Delay): Publication | undefined {
    if (bytes.length > this.maxBytes) {
      const limits = `${bytes.length} bytes, allowed are ${this.maxBytes}`;
      this.warnings.warn('oversized', `message on ${JSON.stringify(channel)} dropped: ${limits}`);
      return this.drop('oversized');
    }
    try {
      const publication = Publication.of(JsonDocument.read(bytes, this.reading).text);
      if (delay) ({ receivedAtMs: publication.receivedAtMs, queueSize: publication.queueSize } = delay);
      return publication;
    } catch (error) {
      this.logDefect(channel, error);
      return this.drop('malformed');
    }
  }

  private drop(reason: MessageFault): undefined {
    this.onDropped(reason);
    return undefined;
  }

  private logDefect(channel: string, error: unknown): void {
    const where = `message on ${JSON.stringify(channel)} dropped`;
    if (error instanceof PublicationError) this.logger.debug(`${where}: ${error.message}`);
    else this.logger.error(`${where}: ${stackOf(error)}`);
  }
}
