import { createHash } from 'node:crypto';

/** The tag of the keys where channels are not partitioned. */
const ONE_SLOT = '{kw}:';

/** The names that the histories of some channels have in Redis. The part in braces has all keys in one slot. */
export class HistoryKeys {
  readonly epoch: string;

  constructor(
    /** Of keys. */
    private readonly prefix: string,
    /** Of channels. */
    private readonly channelPrefix: string,
  ) {
    this.epoch = `${prefix}epoch`;
  }

  /** Those of channels that are not partitioned. @param prefix of channels. */
  static ofAll(prefix: string): HistoryKeys {
    return new HistoryKeys(`${prefix}${ONE_SLOT}`, prefix);
  }

  /** The number of the last publication. */
  top(channel: string): string {
    return `${this.prefix}t:${channel}`;
  }

  /** What is kept. */
  list(channel: string): string {
    return `${this.prefix}l:${channel}`;
  }

  /** The position of the publication with a key of idempotency. */
  idempotency(channel: string, key: string): string {
    const hash = createHash('sha256').update(`${channel} ${key}`).digest('base64url');
    return `${this.prefix}i:${hash.slice(0, 22)}`;
  }

  /** Where its publications are sent. */
  channel(channel: string): string {
    return this.channelPrefix + channel;
  }
}
