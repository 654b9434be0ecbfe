import { createHash } from 'node:crypto';
import type { KeySlot } from '../../broker/key-slots.js';
import { runScript } from '../../leases/redis/slot-scripts.js';
import type { Seat } from './seat.js';
import type { SeatClaim, SeatRule, SeatStore } from './seat-store.js';

/** A node that has not said for so long that it is there has no seats any more. */
const LEASE_MS = 15_000;
/** The life of seats that are not taken again: those of identities that never come back to a node that is gone. */
const TTL_MS = 10_800_000;
const PER_TURN = 500;

/** The time by Redis' own clock; its numbers are written with all their digits. */
const NOW = `local time=redis.call('TIME') local now=time[1]*1000+math.floor(time[2]/1000)
redis.call('ZADD',KEYS[1],string.format('%.0f',now+ARGV[2]),ARGV[1])`;

/**
 * KEYS: leases of nodes, seats. ARGV: node, lease, time to live, member, most, mode. Seats of nodes that are gone are taken
 * out when there is no other. Gives whether there are too many, and then the members that were replaced.
 */
const CLAIM = `${NOW}
local most,gone=tonumber(ARGV[5]),{}
local over=redis.call('ZCARD',KEYS[2])-most+1
if over>0 then
 for _,member in ipairs(redis.call('ZRANGE',KEYS[2],0,-1)) do
  local node=string.match(member,'^%S+')
  if gone[node]==nil then
   local lease=redis.call('ZSCORE',KEYS[1],node) gone[node]=not lease or tonumber(lease)<now
  end
  if gone[node] then redis.call('ZREM',KEYS[2],member) over=over-1 end
 end
end
local replaced={}
if over>0 and ARGV[6]=='reject' then return {1} end
if over>0 and ARGV[6]=='replace' then
 replaced=redis.call('ZRANGE',KEYS[2],0,over-1)
 for _,member in ipairs(replaced) do redis.call('ZREM',KEYS[2],member) end
end
redis.call('ZADD',KEYS[2],string.format('%.0f',time[1]*1000000+time[2]),ARGV[4])
redis.call('PEXPIRE',KEYS[2],ARGV[3])
return {over>0 and 1 or 0,unpack(replaced)}`;

/** KEYS: leases of nodes. ARGV: node, lease. */
const BEAT = NOW;

/** KEYS: leases of nodes, seats. ARGV: node, lease, time to live, member, when it was taken. */
const RESTORE = `${NOW}
redis.call('ZADD',KEYS[2],'NX',ARGV[5],ARGV[4]) redis.call('PEXPIRE',KEYS[2],ARGV[3])`;

/** Counts in Redis, by one script for each claim: a sorted set for each identity, in the order of the claims. */
export class RedisSeatStore implements SeatStore {
  private readonly leases: string;

  constructor(
    private readonly slot: KeySlot,
    private readonly node: string,
  ) {
    this.leases = `${slot.prefix}nodes`;
  }

  /** See {@link SeatStore.claim}. */
  async claim(seat: Seat, { max, mode }: SeatRule): Promise<SeatClaim> {
    const answer = await this.run(CLAIM, [this.keyOf(seat)], [TTL_MS, seat.member, max, mode]);
    const [isOver, ...replaced] = answer as [number, ...string[]];
    return { isOver: isOver === 1, replaced };
  }

  /** See {@link SeatStore.release}. */
  release(seat: Seat): void {
    const released = this.slot.ask((client) => client.zrem(this.keyOf(seat), seat.member));
    released.catch(() => undefined); // it is found to be gone with this node, or after TTL_MS
  }

  /** See {@link SeatStore.beat}. */
  async beat(): Promise<void> {
    await this.run(BEAT, [], []);
  }

  /** See {@link SeatStore.restore}. */
  async restore(seats: Iterable<Seat>): Promise<void> {
    let some: Promise<unknown>[] = [];
    for (const seat of seats) {
      const args = [TTL_MS, seat.member, seat.atMs * 1_000];
      some.push(this.run(RESTORE, [this.keyOf(seat)], args));
      if (some.length < PER_TURN) continue;
      await Promise.all(some);
      some = [];
    }
    await Promise.all(some);
  }

  /** See {@link SeatStore.end}. */
  async end(): Promise<void> {
    await this.slot.ask((client) => client.zrem(this.leases, this.node)).catch(() => undefined); // it runs out by itself
  }

  private run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return runScript(this.slot, script, [this.leases, ...keys], [this.node, LEASE_MS, ...args]);
  }

  /** Identities may be long, and are nobody's business. */
  private keyOf({ kind, identity }: Seat): string {
    return `${this.slot.prefix}${kind}:${createHash('sha1').update(identity).digest('hex')}`;
  }
}
