import type { Cluster } from '../../cluster/cluster.js';
import { isObject } from '../../protocol/json/json.js';
import type { Seat, SeatKind } from './seat.js';
import { SeatClerk, type Taken, type WireClaim } from './seat-clerk.js';
import type { SeatClaim, SeatRule, SeatStore } from './seat-store.js';
import type { SeatTable } from './seat-table.js';

/**
 * Counts by asking the nodes, where nothing else has the count: one of them, the same for all as long as they hear each
 * other, decides for everybody.
 */
export class PeersSeatStore implements SeatStore {
  constructor(
    private readonly cluster: Cluster,
    private readonly table: SeatTable,
  ) {
    const clerk = new SeatClerk(cluster);
    cluster.answer('seats', (question) => this.takenHere(question));
    cluster.answer('seat', (question) => clerk.decide(claimIn(question)));
  }

  /** See {@link SeatStore.claim}. */
  async claim({ kind, identity, member, atMs }: Seat, { max, mode }: SeatRule): Promise<SeatClaim> {
    await this.cluster.settled();
    const { first } = this.cluster;
    const claim: WireClaim = { kind, identity, member, atMs, max, mode };
    const { byNode } = await this.cluster.askOne(first, 'seat', claim, readClaim);
    const decided = byNode.get(first);
    if (!decided) throw new Error(`${first} has not answered`);
    return decided;
  }

  release(): void {
    // the table has it no more
  }

  async beat(): Promise<void> {
    // whoever answers is there
  }

  async restore(): Promise<void> {
    // nobody else has them
  }

  async end(): Promise<void> {
    // as above
  }

  private takenHere(question: unknown): Taken[] {
    if (!isObject(question) || typeof question.identity !== 'string') throw new TypeError('whose seats?');
    const seats = [...this.table.of(question.kind as SeatKind, question.identity)];
    return seats.filter(({ isTaken }) => isTaken).map(({ member, atMs }) => ({ member, atMs }));
  }
}

/** @throws when it is none. */
function claimIn(question: unknown): WireClaim {
  const { identity, member, max } = question as WireClaim;
  if (typeof identity !== 'string' || typeof member !== 'string' || typeof max !== 'number')
    throw new TypeError('whose seat?');
  return question as WireClaim;
}

function readClaim(answer: unknown): SeatClaim | undefined {
  if (!isObject(answer) || typeof answer.isOver !== 'boolean' || !Array.isArray(answer.replaced))
    return undefined;
  return { isOver: answer.isOver, replaced: answer.replaced.filter((member) => typeof member === 'string') };
}
