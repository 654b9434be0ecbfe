import type { Position } from '../../protocol/position.js';
import type { Publication } from '../../protocol/publication.js';
import type { Appended, Appending, BrokerHistory, HistoryPage, HistoryStart, Retention } from '../history.js';
import { POSITION_BYTES } from './history-server.js';
import type { SlotHistory } from './history/slot-history.js';
import type { RedisMessages } from './messages.js';

/** The slots in which histories are. */
export interface HistorySlots {
  /** The one that a channel is in. */
  of(channel: string): SlotHistory;
  all(): readonly SlotHistory[];
}

/** Histories in Redis, by scripts: a list and a counter for each channel, all of a partition in one slot. */
export class RedisHistory implements BrokerHistory {
  private taking: NodeJS.Timeout | undefined;

  constructor(
    private readonly messages: RedisMessages,
    private readonly slots: HistorySlots,
  ) {}

  append(channel: string, publication: Publication, appending: Appending): Promise<Appended> {
    const { appends } = this.slots.of(channel);
    this.messages.assertCarried(publication, POSITION_BYTES);
    return appends.add(channel, publication, appending);
  }

  async read(channel: string, start: HistoryStart): Promise<HistoryPage> {
    return this.slots.of(channel).reads.page(channel, start);
  }

  async tops(channels: readonly string[], areInUse: boolean): Promise<readonly (Position | undefined)[]> {
    const tops = new Map<string, Position | undefined>();
    const asking = [...this.bySlot(channels)].map(async ([slot, some]) => {
      const positions = await slot.tops.of(some, areInUse);
      for (const [index, channel] of some.entries()) tops.set(channel, positions[index]);
    });
    await Promise.all(asking);
    return channels.map((channel) => tops.get(channel));
  }

  /** See {@link BrokerHistory.takeIn}. */
  takeIn(services: ReadonlyMap<string, Retention>, periodMs: number): void {
    const all = this.slots.all();
    // Silent: a broker that is lost says so itself, and a missing right is logged.
    const take = (): void => all.forEach(({ pump }) => void pump.run(services).catch(() => undefined));
    take();
    this.taking = setInterval(take, periodMs).unref();
  }

  /** Ends what {@link takeIn} began. */
  stop(): void {
    clearInterval(this.taking);
  }

  private bySlot(channels: readonly string[]): Map<SlotHistory, string[]> {
    const bySlot = new Map<SlotHistory, string[]>();
    for (const channel of channels) {
      const slot = this.slots.of(channel);
      const others = bySlot.get(slot);
      if (others) others.push(channel);
      else bySlot.set(slot, [channel]);
    }
    return bySlot;
  }
}
