import type { Retention } from '../../history.js';
import { IDEMPOTENCY_MS, newEpoch } from '../../memory.history.js';
import type { HistoryKeys, SlotTag } from './keys.js';
import { MAX_ENTRIES_PER_CALL, PUMP } from './lua.js';
import { retentionArguments } from './lifetimes.js';
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
      for (let taken = -1; taken !== 0;) taken = await this.takeSome(await this.topics(), services);
    } finally {
      this.isRunning = false;
    }
  }

  /** The topics of the entries that come next; nothing when there are none. */
  private async topics(): Promise<Set<string> | undefined> {
    const scripts = this.server.scripts('publish');
    const entries = await scripts.ask((client) =>
      client.xrange(this.keys.stream, '-', '+', 'COUNT', MAX_ENTRIES_PER_CALL),
    );
    if (entries.length === 0) return undefined;
    return new Set(entries.flatMap(([, fields]) => topicIn(fields)));
  }

  /** @returns how many entries were taken. */
  private async takeSome(
    topics: Set<string> | undefined,
    services: ReadonlyMap<string, Retention>,
  ): Promise<number> {
    if (!topics) return 0;
    const { command, partition, partitions } = this.tag;
    const { epoch, stream, prefix, channelPrefix } = this.keys;
    const keys = [epoch, stream];
    for (const topic of topics) keys.push(this.keys.top(topic), this.keys.list(topic));
    const rules = [...services].flatMap(([name, retention]) => [name, ...retentionArguments(retention)]);
    const bounds = [MAX_ENTRIES_PER_CALL, this.server.maxBytes];
    const names = [prefix, channelPrefix, partitions, partition];
    const args = [newEpoch(), command, IDEMPOTENCY_MS, ...bounds, ...names, ...rules];
    const answer = await this.server.scripts('publish').run(PUMP, keys, args);
    const [began, taken, faults] = answer as [number, number, string[]];
    heedEpoch(this.server, began);
    for (const fault of faults) this.server.refuse(stream, fault);
    return taken;
  }
}

/** The topic of an entry, if it names one. */
function topicIn(fields: readonly string[]): string[] {
  const at = fields.findLastIndex((name, index) => index % 2 === 0 && name === 'c');
  return at < 0 ? [] : [fields[at + 1]!];
}
