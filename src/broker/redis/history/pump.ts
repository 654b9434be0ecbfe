import type { Retention } from '../../history.js';
import { IDEMPOTENCY_MS, newEpoch } from '../../memory.history.js';
import type { HistoryKeys, SlotTag } from './keys.js';
import { MAX_ENTRIES_PER_CALL, PUMP } from './lua.js';
import { keptForMs, topKeptForMs } from './lifetimes.js';
import { heedEpoch, type HistoryServer } from './server.js';

/**
 * Takes in what services have left in the stream of a slot: one script numbers, keeps and sends it, and takes it out of the
 * stream. So any number of nodes may do it at once, and nothing comes twice or in another order.
 */
export class Pump {
  private isRunning = false;

  constructor(
    private readonly keys: HistoryKeys,
    private readonly tag: SlotTag,
    private readonly server: HistoryServer,
  ) {}

  /** Takes in all that is there. @throws {BrokerError} @throws Redis' error. */
  async run(services: ReadonlyMap<string, Retention>): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      while ((await this.isFilled()) && (await this.takeSome(services)) > 0);
    } finally {
      this.isRunning = false;
    }
  }

  private async isFilled(): Promise<boolean> {
    const scripts = this.server.scripts('publish');
    return (await scripts.ask((client) => client.exists(this.keys.stream))) > 0;
  }

  private async takeSome(services: ReadonlyMap<string, Retention>): Promise<number> {
    const { command, partition, partitions } = this.tag;
    const { epoch, stream, prefix, channelPrefix } = this.keys;
    const rules = [...services].flatMap(([name, { size, ttlMs }]) => [
      name,
      size,
      keptForMs(ttlMs),
      topKeptForMs(ttlMs),
    ]);
    const bounds = [MAX_ENTRIES_PER_CALL, this.server.maxBytes];
    const names = [prefix, channelPrefix, partitions, partition];
    const args = [newEpoch(), command, IDEMPOTENCY_MS, ...bounds, ...names, ...rules];
    const answer = await this.server.scripts('publish').run(PUMP, [epoch, stream], args);
    const [began, taken, faults] = answer as [number, number, string[]];
    heedEpoch(this.server, began);
    for (const fault of faults) this.server.refuse(stream, fault);
    return taken;
  }
}
