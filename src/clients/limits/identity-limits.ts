import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Startable, Stoppable } from '../../base/lifetime.js';
import { messageOf } from '../../base/message-of.js';
import { Cluster } from '../../cluster/cluster.js';
import { LimitsSettings } from '../../config/sections/limits.settings.js';
import type { Connection } from '../../connection/connection.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import { CLOSE_REASONS } from '../../protocol/close-reason.js';
import { ClientError } from '../../protocol/errors.js';
import { isObject } from '../../protocol/json/json.js';
import { nodeOf, type Seat, type SeatKind } from './seat.js';
import { SEAT_STORE, type SeatClaim, type SeatMode, type SeatRule, type SeatStore } from './seat-store.js';
import { SeatTable } from './seat-table.js';

/** The refusal of a client whose identity has as many connections as it may. */
export function tooManyOfIdentity(): ClientError {
  return new ClientError('too_many_of_identity', 'Too many connections.');
}

/** Within the lease of a seat, however late a timer may be. */
const BEAT_MS = 5_000;
const RESTORE_MS = 3_600_000;

const REFUSALS: Readonly<Record<SeatKind, () => ClientError>> = {
  connections: tooManyOfIdentity,
  subscriptions: () => new ClientError('too_many_subscriptions', 'Too many subscriptions.'),
};
const LIMITS = { connections: 'connectionsPerIdentity', subscriptions: 'subscriptionsPerIdentity' } as const;

/** Limits what one identity may have on all nodes together: exactly, as long as they reach each other. */
@Injectable()
export class IdentityLimits implements Startable, Stoppable {
  private readonly warnings = new DigestedLog(new Logger('Cluster'));
  private readonly timers: NodeJS.Timeout[] = [];
  private count = 0;

  constructor(
    private readonly settings: LimitsSettings,
    private readonly cluster: Cluster,
    @Inject(SEAT_STORE) private readonly store: SeatStore,
    private readonly table: SeatTable,
  ) {
    cluster.answer('replace', (question) => this.replaceHere(membersIn(question)));
  }

  /** Keeps the seats of this node. */
  async start(): Promise<void> {
    if (this.settings.connectionsPerIdentity === 0 && this.settings.subscriptionsPerIdentity === 0) return;
    await this.attempt(() => this.store.beat());
    this.timers.push(setInterval(() => void this.attempt(() => this.store.beat()), BEAT_MS).unref());
    this.timers.push(setInterval(() => void this.restore(), RESTORE_MS).unref());
    this.cluster.whenBack(() => void this.restore());
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    if (this.timers.length > 0) await this.store.end();
  }

  /**
   * Takes one more seat of an identity. While the others cannot be counted it is taken all the same: a limit is no lock.
   * @returns the seat; nothing where there is no limit.
   * @throws {ClientError} when there are as many as may be, as a rejection.
   */
  take(kind: SeatKind, identity: string | undefined, connection: Connection): Promise<Seat> | undefined {
    const max = this.settings[LIMITS[kind]];
    if (max === 0 || identity === undefined) return undefined;
    return this.claim(this.newSeat(kind, identity, connection), connection, max);
  }

  private newSeat(kind: SeatKind, identity: string, connection: Connection): Seat {
    const seat: Seat = {
      kind,
      identity,
      member: `${this.cluster.node} ${++this.count}`,
      atMs: Date.now(),
      isTaken: false,
      replace: () => connection.close(CLOSE_REASONS.replaced),
      release: () => {
        if (this.table.remove(seat)) this.store.release(seat);
      },
    };
    return seat;
  }

  private async claim(seat: Seat, connection: Connection, max: number): Promise<Seat> {
    const mode = this.modeOf(seat.kind);
    this.table.add(seat);
    const { isOver, replaced } = await this.claimed(seat, { max, mode }, connection);
    if (isOver && mode === 'reject') {
      this.table.remove(seat);
      throw REFUSALS[seat.kind]();
    }
    if (isOver && mode === 'count') connection.wouldRefuse(LIMITS[seat.kind]);
    seat.isTaken = true;
    this.replace(replaced);
    return seat;
  }

  private async claimed(seat: Seat, rule: SeatRule, connection: Connection): Promise<SeatClaim> {
    try {
      return await this.store.claim(seat, rule);
    } catch (error) {
      const text = `what an identity has cannot be counted: ${messageOf(error)}`;
      this.warnings.warn('count', text, connection);
      return { isOver: false, replaced: [] };
    }
  }

  private modeOf(kind: SeatKind): SeatMode {
    if (this.settings.dryRun.includes(LIMITS[kind])) return 'count';
    return kind === 'connections' && this.settings.identityPolicy === 'close_oldest' ? 'replace' : 'reject';
  }

  private replace(members: readonly string[]): void {
    const byNode = new Map<string, string[]>();
    for (const member of members) {
      const node = nodeOf(member);
      byNode.set(node, [...(byNode.get(node) ?? []), member]);
    }
    for (const [node, some] of byNode)
      void this.cluster.askOne(node, 'replace', { members: some }, () => undefined);
  }

  private replaceHere(members: readonly string[]): number {
    for (const member of members) this.table.find(member)?.replace();
    return members.length;
  }

  private restore(): Promise<void> {
    return this.attempt(() => this.store.restore(this.table.all));
  }

  private async attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.warnings.warn('seats', `limits of identities cannot be kept: ${messageOf(error)}`);
    }
  }
}

function membersIn(question: unknown): string[] {
  const members = isObject(question) ? question.members : undefined;
  if (!Array.isArray(members)) throw new TypeError('whose seats?');
  return members.filter((member) => typeof member === 'string');
}
