import { Logger } from '@nestjs/common';
import { stackOf } from '../../base/message-of.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import { INPUT_BOUNDS, type InputBounds } from '../../protocol/json/bounds.js';
import { JsonDocument, type JsonReading } from '../../protocol/json/json-document.js';
import { Publication, PublicationError } from '../../protocol/publication.js';
import { BrokerError } from '../broker.error.js';
import type { Delay } from './link/arrivals.js';

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
  /** The most bytes of a message. */
  readonly maxBytes: number;
  private readonly reading: JsonReading;

  /** @param onDropped called for each message that is not taken for a publication. */
  constructor(
    { maxBytes = DEFAULT_MAX_BYTES, bounds = INPUT_BOUNDS }: MessageLimits = {},
    private readonly onDropped: (reason: MessageFault) => void = () => undefined,
  ) {
    this.maxBytes = maxBytes;
    this.reading = { bounds, fault: PublicationError };
  }

  /**
   * @param moreBytes what is added to the publication on its way.
   * @throws {BrokerError} when it is so large that every node would drop it.
   */
  assertCarried({ text }: Publication, moreBytes = 0): void {
    const bytes = Buffer.byteLength(text) + moreBytes;
    if (bytes > this.maxBytes) {
      throw new BrokerError(`cannot publish: ${bytes} bytes, allowed are ${this.maxBytes}`);
    }
  }

  /** The publication that a message holds; `undefined`, logged and counted, when it holds none. Never throws. */
  read(channel: string, message: Buffer | string, delay?: Delay): Publication | undefined {
    const length = Buffer.byteLength(message);
    if (length > this.maxBytes) {
      const limits = `${length} bytes, allowed are ${this.maxBytes}`;
      this.warnings.warn('oversized', `message on ${JSON.stringify(channel)} dropped: ${limits}`);
      return this.drop('oversized');
    }
    try {
      const publication = Publication.of(JsonDocument.read(message, this.reading).text);
      if (delay) ({ receivedAtMs: publication.receivedAtMs, queueSize: publication.queueSize } = delay);
      return publication;
    } catch (error) {
      this.logDefect(channel, error);
      return this.drop('malformed');
    }
  }

  /** Drops an entry of a stream, logged and counted. */
  refuseEntry(stream: string, fault: string): void {
    this.warnings.warn('entry', `entry of the stream ${JSON.stringify(stream)} dropped: ${fault}`);
    this.drop('malformed');
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
