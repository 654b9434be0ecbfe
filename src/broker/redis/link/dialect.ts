import type { Redis } from 'ioredis';
import { faultText } from '../../broker.error.js';

/** The commands of one kind of publish/subscribe. */
export interface RedisDialect {
  /** The event with which ioredis hands over a message. */
  readonly messageEvent: 'messageBuffer' | 'smessageBuffer';
  /** Channels of the same group may share a command. */
  groupOf(channel: string): string;
  subscribe(client: Redis, channels: readonly string[]): Promise<unknown>;
  unsubscribe(client: Redis, channels: readonly string[]): Promise<unknown>;
  publish(client: Redis, channel: string, text: string): Promise<unknown>;
  /** Sent after unsubscribing. @returns the reason why answers on this connection cannot be trusted any more, if so. */
  disorder?(client: Redis): Promise<string | undefined>;
}

/** Plain Pub/Sub: a publication on any server of a Cluster reaches all of them. */
export const PLAIN: RedisDialect = {
  messageEvent: 'messageBuffer',
  groupOf: () => '',
  subscribe: (client, channels) => client.subscribe(...channels),
  unsubscribe: (client, channels) => client.unsubscribe(...channels),
  publish: (client, channel, text) => client.publish(channel, text),
};

/** Sharded Pub/Sub: a publication reaches the servers with the slot of the channel, set by `{tag}` in its name. */
export const SHARDED: RedisDialect = {
  messageEvent: 'smessageBuffer',
  // Redis refuses a command whose channels have different slots, even if one server has them.
  groupOf: (channel) => channel.slice(0, channel.indexOf('}')),
  subscribe: (client, channels) => client.ssubscribe(...channels),
  unsubscribe: (client, channels) => client.sunsubscribe(...channels),
  publish: (client, channel, text) => client.spublish(channel, text),
  // A slot that moves while SUNSUBSCRIBE is on its way ends the subscription by itself, which looks like the answer
  // (valkey-io/valkey#1066). The real one, an error, is taken for the answer to the next command, and so on.
  disorder: async (client) => {
    const answer = await client.ping(ORDER_MARK).then(String, faultText);
    return answer.endsWith(ORDER_MARK) ? undefined : `the answers are out of order: ${answer}`;
  },
};

const ORDER_MARK = 'kittiwake';
