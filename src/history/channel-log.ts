import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../base/monotonic-ms.js';
import { settlesWithin } from '../base/time-limit.js';
import { BrokerError } from '../broker/broker.error.js';
import type { BrokerHistory, HistoryPage, HistoryStart, Retention } from '../broker/history.js';
import type { UnsequencedPolicy } from '../config/sections/service/service-history.settings.js';
import type { HistoryMetrics } from '../metrics/history.metrics.js';
import { type Position, positionIn } from '../protocol/position.js';
import type { Publication } from '../protocol/publication.js';
import type { RingBudget } from './ring-budget.js';
import { Ring } from './ring.js';

const MIN_RETRY_MS = 50;
const MAX_RETRY_MS = 2000;
/** The longest that a client that comes back waits until what this node missed itself could be read. */
const MAX_BEHIND_MS = 5000;
/** Within this time after a read, who has a position of another epoch is not a reason to read again. */
const READ_LATELY_MS = 1000;

/** Receives what a log brings into order. No method may throw. */
export interface ChannelLogOutlet {
  /** The next publication, or one that has no place in the history. */
  deliver(publication: Publication): void;
  /** Publications may be missing between the last one and what comes after this position. */
  reset(top: Position): void;
  /** Nothing was missed: whoever was not told the top by a message may be told now. */
  checked(top: Position): void;
}

/** The retention of the channels of one service. */
export interface HistoryRules extends Retention {
  readonly unsequenced: UnsequencedPolicy;
}

/** The parts that all logs of a node share. */
export interface LogKeeper {
  readonly history: BrokerHistory;
  readonly budget: RingBudget;
  readonly metrics: HistoryMetrics;
  /** Decides on a publication without a position. @returns whether it is delivered. */
  takesUnsequenced(channel: string, policy: UnsequencedPolicy): boolean;
}

/** The publications after a position. */
export interface Recovered {
  readonly missed: readonly Publication[];
  /** Its end. */
  readonly until: Position;
  /** Those with an order that came before. */
  readonly ordered: readonly Publication[];
}

/** Missed publications, or why they cannot be told. */
export type Recovery = Recovered | { readonly lost: LossReason };

/** `position_lost`: of another epoch, or of none; `gap_too_long`: not all that came after it is kept. */
export type LossReason = 'position_lost' | 'gap_too_long';

/**
 * The history of a channel as one node follows it: every publication once and in order, whatever the connection to the
 * broker goes through. What came while it was lost is read from the history, and meanwhile live publications wait.
 */
export class ChannelLog {
  /** The last that was delivered; nothing before it is open. */
  private currentTop: Position | undefined;
  private readonly ring: Ring;
  private waiting: Publication[] = [];
  private isHeard = true;
  private isClosed = false;
  /** By the monotonic clock. */
  private readAtMs = 0;
  private catching: Promise<void> | undefined;
  private loading: Promise<void> | undefined;

  constructor(
    private readonly channel: string,
    private readonly rules: HistoryRules,
    private readonly keeper: LogKeeper,
    private readonly outlet: ChannelLogOutlet,
  ) {
    this.ring = new Ring(rules.size, keeper.budget);
  }

  /** Whether its number may be forgotten, see {@link Retention.isBrief}. */
  get isBrief(): boolean {
    return this.rules.isBrief === true;
  }

  /** The position of the last publication that was delivered. */
  get top(): Position | undefined {
    return this.currentTop;
  }

  /** Whether everything up to the top of the channel has been delivered, as far as anybody knows. */
  get isCurrent(): boolean {
    return this.isHeard && this.currentTop !== undefined && !this.catching;
  }

  /** Learns where the channel is, once it is joined. What has come since then waits. @throws {BrokerError} */
  async open(): Promise<void> {
    const known = this.waiting.length;
    const { top } = await this.read('top', 'open');
    this.currentTop ??= top;
    this.dropStale(known);
    this.drain();
  }

  close(): void {
    this.isClosed = true;
    this.waiting = [];
    this.keeper.budget.remove(this.ring);
  }

  /** Takes what the broker brings. */
  receive(publication: Publication): void {
    const position = (publication.position ??= positionIn(publication.text));
    if (!position) {
      if (this.keeper.takesUnsequenced(this.channel, this.rules.unsequenced))
        this.outlet.deliver(publication);
      return;
    }
    const top = this.currentTop;
    if (top && !this.catching && position.isNextTo(top)) this.accept(publication, position);
    else if (!top || !position.isWithin(top)) this.wait(publication);
  }

  /** The broker is lost for this channel. */
  lost(): void {
    this.isHeard = false;
  }

  /** The broker is back: what was missed is caught up. */
  back(): void {
    this.isHeard = true;
    // A read under way may have been answered before the channel was joined again.
    if (this.currentTop) void Promise.resolve(this.catching).then(() => this.catchUp());
  }

  /** Compares with what the history says. */
  check(top: Position | undefined): void {
    if (!this.currentTop || !this.isCurrent) return;
    if (top?.isWithin(this.currentTop)) this.outlet.checked(this.currentTop);
    else void this.catchUp();
  }

  /**
   * Finds what came after a position, or all that is kept, up to {@link top} at the moment in which this resolves.
   * @param isAlone whether no other client is likely to ask: then no more is read than is needed.
   * @throws {BrokerError} when the history cannot be reached.
   */
  async recover(since: Position | 'oldest', isAlone: boolean): Promise<Recovery> {
    await this.caughtUp(this.catching);
    if (since !== 'oldest' && this.mayBeBehind(since)) await this.caughtUp(this.catchUp());
    for (let tries = 0; !this.covers(since) && tries < 2; tries++) {
      await (this.loading ??= this.load(isAlone && tries === 0 ? since : 'oldest').finally(() => {
        this.loading = undefined;
      }));
      await this.caughtUp(this.catching);
    }
    this.ring.touch();
    return this.answer(since);
  }

  /** @throws {BrokerError} when that takes too long: the broker answers, but not what is asked. */
  private async caughtUp(catching: Promise<void> | undefined): Promise<void> {
    if (!catching || (await settlesWithin(MAX_BEHIND_MS, catching))) return;
    throw new BrokerError(`what was missed of ${JSON.stringify(this.channel)} cannot be read`);
  }

  /** Whether the client may have been where more is known: on a node that was quicker. */
  private mayBeBehind(since: Position): boolean {
    const top = this.currentTop;
    if (!top || since.isWithin(top)) return false;
    return since.epoch === top.epoch || monotonicMs() - this.readAtMs > READ_LATELY_MS;
  }

  private answer(since: Position | 'oldest'): Recovery {
    const top = this.currentTop;
    const { all, ordered, isWhole } = this.ring;
    if (!top || (since !== 'oldest' && !since.isWithin(top))) return { lost: 'position_lost' };
    if (since === 'oldest')
      return isWhole ? { missed: [...all], until: top, ordered: [] } : { lost: 'gap_too_long' };
    const missing = top.offset - since.offset;
    if (missing > all.length || ordered === undefined) return { lost: 'gap_too_long' };
    const at = all.length - missing;
    return {
      missed: all.slice(at),
      until: top,
      ordered: [...ordered, ...all.slice(0, at).filter(hasOrder)],
    };
  }

  /** Whether there is nothing to read to answer for a position. */
  private covers(since: Position | 'oldest'): boolean {
    const top = this.currentTop;
    if (since === 'oldest') return !top || this.ring.isWhole;
    if (!top || !since.isWithin(top) || this.ring.isWhole) return true;
    return this.ring.ordered !== undefined && top.offset - since.offset <= this.ring.length;
  }

  private async load(start: Position | 'oldest'): Promise<void> {
    const page = await this.read(start, 'recovery');
    const top = this.currentTop;
    if (!top || page.top.epoch !== top.epoch) return this.catchUp();
    if (!page.publications) return;
    // It may be ahead of what was delivered here: what is beyond comes live.
    const first = this.ring.firstOffset ?? top.offset + 1;
    const older = page.publications.filter(({ position }) => position!.offset < first);
    if (older.length > 0 && older.at(-1)!.position!.offset !== first - 1) return;
    this.ring.prepend(older);
    this.ring.ordered = page.ordered;
    this.ring.isWhole = start === 'oldest';
  }

  private async read(start: HistoryStart, reason: 'open' | 'catch_up' | 'recovery'): Promise<HistoryPage> {
    this.keeper.metrics.read(reason);
    const page = await this.keeper.history.read(this.channel, start);
    this.readAtMs = monotonicMs();
    return page;
  }

  private accept(publication: Publication, position: Position): void {
    this.currentTop = position;
    this.ring.push(publication);
    this.outlet.deliver(publication);
  }

  private wait(publication: Publication): void {
    // More than the history has can be read from it.
    if (this.waiting.length >= this.rules.size) this.waiting = [];
    publication.detach();
    this.waiting.push(publication);
    if (this.currentTop && this.isHeard) void this.catchUp();
  }

  private catchUp(): Promise<void> {
    this.catching ??= this.fillHole().finally(() => {
      this.catching = undefined;
      this.drain();
    });
    return this.catching;
  }

  private async fillHole(): Promise<void> {
    for (let tries = 0; this.isHeard && !this.isClosed; tries++) {
      try {
        await this.readOn();
        return;
      } catch {
        // The broker says that it is lost, or it answers before long.
        await delay(Math.min(MIN_RETRY_MS * 2 ** tries, MAX_RETRY_MS), undefined, { ref: false });
      }
    }
  }

  private async readOn(): Promise<void> {
    const known = this.waiting.length;
    const top = this.currentTop!;
    const page = await this.read(top, 'catch_up');
    if (this.isClosed) return;
    if (page.publications && page.top.epoch === top.epoch) {
      for (const publication of page.publications) this.accept(publication, publication.position!);
    } else this.reset(page.top);
    this.dropStale(known);
  }

  private reset(top: Position): void {
    this.keeper.metrics.reset();
    this.currentTop = top;
    this.ring.clear();
    this.outlet.reset(top);
  }

  /** Drops, of what came before a read, all that is of an older epoch. @param known how many came before it. */
  private dropStale(known: number): void {
    const { epoch } = this.currentTop!;
    this.waiting = this.waiting.filter(({ position }, index) => index >= known || position!.epoch === epoch);
  }

  private drain(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const publication of waiting) this.receive(publication);
  }
}

function hasOrder({ options }: Publication): boolean {
  return options.order !== undefined;
}
