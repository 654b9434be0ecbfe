import { createHash } from 'node:crypto';

/** The tag of the keys where channels are not partitioned. */
const ONE_SLOT = '{kw}:';

/** Which channels have their histories in a slot, and how publications on them are sent. */
export interface SlotTag {
  readonly command: 'PUBLISH' | 'SPUBLISH';
  readonly partition: number;
  /** 0: it has all channels. */
  readonly partitions: number;
}

/** That of all channels. */
export const ALL_CHANNELS: SlotTag = { command: 'PUBLISH', partition: 0, partitions: 0 };

/** The names that the histories of some channels have in Redis. The part in braces has all keys in one slot. */
export class HistoryKeys {
  /** The epoch of the numbers, and the server that began it. */
  readonly epoch: string;
  /** The place where services leave publications. */
  readonly stream: string;

  constructor(
    /** Of keys. */
    readonly prefix: string,
    readonly channelPrefix: string,
  ) {
    this.epoch = `${prefix}epoch`;
    this.stream = `${prefix}in`;
  }

  /** Those of channels that are not partitioned. @param prefix of channels. */
  static ofAll(prefix: string): HistoryKeys {
    return new HistoryKeys(`${prefix}${ONE_SLOT}`, prefix);
  }

  /** The number of the last publication. */
  top(channel: string): string {
    return `${this.prefix}t:${channel}`;
  }

  /** The kept publications. */
  list(channel: string): string {
    return `${this.prefix}l:${channel}`;
  }

  /** The position of the publication with a key of idempotency. The script {@link PUMP} makes the same name. */
  idempotency(channel: string, key: string): string {
    return `${this.prefix}i:${createHash('sha1').update(`${channel} ${key}`).digest('hex')}`;
  }

  /** Whom each connection makes present on a channel. */
  connections(channel: string): string {
    return `${this.prefix}pc:${channel}`;
  }

  /** The members present on a channel. */
  members(channel: string): string {
    return `${this.prefix}pm:${channel}`;
  }

  /** The channel its publications are sent on. */
  channel(channel: string): string {
    return this.channelPrefix + channel;
  }
}
