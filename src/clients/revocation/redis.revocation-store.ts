import type { Redis } from 'ioredis';
import { faultText } from '../../broker/broker.error.js';
import type { KeySlot } from '../../broker/key-slots.js';
import { type Revocation, revocationIn, revocationText } from './revocation.js';
import { RevocationsFullError, type RevocationStore, RevocationsUnusableError } from './revocation-store.js';

/** Few enough not to hold up Redis. */
const PER_COMMAND = 1_000;

/**
 * Keeps revocations in Redis: one sorted set of their texts, by when they end. It has no end of its own, so that Redis
 * evicts keys that do.
 */
export class RedisRevocationStore implements RevocationStore {
  private readonly key: string;

  /** @param max the most that are kept. */
  constructor(
    private readonly slot: KeySlot,
    private readonly max: number,
  ) {
    this.key = `${slot.prefix}revoked`;
  }

  /** See {@link RevocationStore.add}. */
  async add(revocations: readonly Revocation[]): Promise<void> {
    await this.ask(async (client) => {
      await client.zremrangebyscore(this.key, '-inf', Date.now());
      const count = await client.zcard(this.key);
      if (count + revocations.length > this.max)
        throw new RevocationsFullError(`there are ${count} revocations (auth.maxRevocations)`);
      for (let at = 0; at < revocations.length; at += PER_COMMAND) {
        const some = revocations.slice(at, at + PER_COMMAND);
        await client.zadd(this.key, ...some.flatMap((one) => [one.untilMs, revocationText(one)]));
      }
    });
  }

  /** See {@link RevocationStore.read}. */
  read(): Promise<readonly Revocation[]> {
    return this.ask(async (client) => {
      const all: Revocation[] = [];
      let cursor = '0';
      do {
        const [next, texts] = await client.zscan(this.key, cursor, 'COUNT', PER_COMMAND);
        for (let at = 0; at < texts.length; at += 2) {
          const revocation = revocationIn(texts[at]);
          if (revocation) all.push(revocation);
        }
        cursor = next;
      } while (cursor !== '0');
      return all;
    });
  }

  /** See {@link RevocationStore.count}. */
  count(): Promise<number> {
    return this.ask((client) => client.zcount(this.key, `(${Date.now()}`, '+inf'));
  }

  private async ask<T>(question: (client: Redis) => Promise<T>): Promise<T> {
    try {
      return await this.slot.ask(question);
    } catch (cause) {
      const fault = faultText(cause);
      if (!/^(?:NOPERM|WRONGTYPE)/.test(fault)) throw cause;
      throw new RevocationsUnusableError(`revocations cannot be kept in Redis: ${fault}`, { cause });
    }
  }
}
