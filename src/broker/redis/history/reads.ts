import { Position } from '../../../protocol/position.js';
import { Publication } from '../../../protocol/publication.js';
import { BrokerError } from '../../broker.error.js';
import type { HistoryPage, HistoryStart } from '../../history.js';
import { hasOrder, newEpoch, TOP_TTL_MS } from '../../memory.history.js';
import type { HistoryKeys } from './keys.js';
import { READ_HISTORIES } from './lua.js';
import { heedEpoch, type HistoryServer } from './server.js';
import { Batches } from './batches.js';

const CHANNELS_PER_CALL = 50;

interface Read {
  readonly channel: string;
  readonly start: HistoryStart;
}

/** The answer of the script about a channel. */
type Page = readonly [top: string, after?: readonly string[], before?: readonly string[]];

/** Reads the histories of one slot. */
export class Reads {
  private readonly batches: Batches<Read, HistoryPage>;

  constructor(
    private readonly keys: HistoryKeys,
    private readonly server: HistoryServer,
  ) {
    this.batches = new Batches({ maxItems: CHANNELS_PER_CALL }, (reads) => this.call(reads));
  }

  /** @throws {BrokerError} */
  async page(channel: string, start: HistoryStart): Promise<HistoryPage> {
    this.server.scripts('read the history');
    return this.batches.add({ channel, start });
  }

  private async call(reads: readonly Read[]): Promise<HistoryPage[]> {
    const scripts = this.server.scripts('read the history');
    const keys = [this.keys.epoch];
    const args: (string | number)[] = [newEpoch(), TOP_TTL_MS];
    for (const { channel, start } of reads) {
      keys.push(this.keys.top(channel), this.keys.list(channel));
      args.push(...fromOf(start));
    }
    try {
      const answer = await scripts.run(READ_HISTORIES, keys, args);
      const [began, epoch, ...pages] = answer as [number, string, ...Page[]];
      heedEpoch(this.server, began);
      return pages.map((page, index) => this.pageOf(reads[index]!.channel, epoch, page));
    } catch (error) {
      if (error instanceof BrokerError) throw error;
      throw this.server.explained('read the history', error);
    }
  }

  private pageOf(channel: string, epoch: string, [number, after, before = []]: Page): HistoryPage {
    const top = new Position(epoch, Number(number));
    const first = top.offset - (after?.length ?? 0) + 1;
    return {
      top,
      publications: after?.map((text, index) => this.kept(channel, text, new Position(epoch, first + index))),
      ordered: before.map((text) => this.server.read(channel, text) ?? nothing()).filter(hasOrder),
    };
  }

  private kept(channel: string, text: string, position: Position): Publication {
    const publication = this.server.read(channel, text) ?? nothing();
    publication.position = position;
    return publication;
  }
}

/** In place of what somebody else has put there: it reaches nobody, and leaves no hole. */
function nothing(): Publication {
  return Publication.parse('{"subscription":"","data":null}');
}

/** The place from which the script is to read: see {@link READ_HISTORIES}. */
function fromOf(start: HistoryStart): [epoch: string, offset: number] {
  if (start === 'top') return ['', 0];
  return start === 'oldest' ? ['*', 0] : [start.epoch, start.offset];
}
