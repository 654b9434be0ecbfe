import type { Position } from '../../protocol/position.js';
import type { Publication } from '../../protocol/publication.js';
import type { Appended, Appending, BrokerHistory, HistoryPage, HistoryStart } from '../history.js';
import type { SlotHistory } from './history/slot-history.js';
import type { RedisMessages } from './messages.js';

/** The longest that a position adds to the text of a publication, with the member that it stands in. */
const POSITION_BYTES = 80;

/** Histories in Redis, by scripts: a list and a counter for each channel, all of a partition in one slot. */
export class RedisHistory implements BrokerHistory {
  constructor(
    private readonly messages: RedisMessages,
    /** The histories of the slot that a channel is in. */
    private readonly slotOf: (channel: string) => SlotHistory,
  ) {}

  async append(channel: string, publication: Publication, appending: Appending): Promise<Appended> {
    const { appends } = this.slotOf(channel);
    this.messages.assertCarried(publication, POSITION_BYTES);
    return appends.add(channel, publication, appending);
  }

  async read(channel: string, start: HistoryStart): Promise<HistoryPage> {
    return this.slotOf(channel).reads.page(channel, start);
  }

  async tops(channels: readonly string[]): Promise<readonly (Position | undefined)[]> {
    const tops = new Map<string, Position | undefined>();
    const asking = [...this.bySlot(channels)].map(async ([slot, some]) => {
      const positions = await slot.tops.of(some);
      for (const [index, channel] of some.entries()) tops.set(channel, positions[index]);
    });
    await Promise.all(asking);
    return channels.map((channel) => tops.get(channel));
  }

  private bySlot(channels: readonly string[]): Map<SlotHistory, string[]> {
    const bySlot = new Map<SlotHistory, string[]>();
    for (const channel of channels) {
      const slot = this.slotOf(channel);
      const others = bySlot.get(slot);
      if (others) others.push(channel);
      else bySlot.set(slot, [channel]);
    }
    return bySlot;
  }
}
