import { Injectable } from '@nestjs/common';
import type { Seat, SeatKind } from './seat.js';

/** The seats that are taken on this node. */
@Injectable()
export class SeatTable {
  private readonly byMember = new Map<string, Seat>();
  private readonly byOwner = new Map<string, Map<string, Seat>>();

  add(seat: Seat): void {
    this.byMember.set(seat.member, seat);
    const key = keyOf(seat.kind, seat.identity);
    const seats = this.byOwner.get(key);
    if (seats) seats.set(seat.member, seat);
    else this.byOwner.set(key, new Map([[seat.member, seat]]));
  }

  /** @returns whether it was there. */
  remove({ kind, identity, member }: Seat): boolean {
    this.byMember.delete(member);
    const key = keyOf(kind, identity);
    const seats = this.byOwner.get(key);
    const isThere = seats?.delete(member) === true;
    if (seats?.size === 0) this.byOwner.delete(key);
    return isThere;
  }

  of(kind: SeatKind, identity: string): Iterable<Seat> {
    return this.byOwner.get(keyOf(kind, identity))?.values() ?? [];
  }

  find(member: string): Seat | undefined {
    return this.byMember.get(member);
  }

  get all(): readonly Seat[] {
    return [...this.byMember.values()];
  }
}

function keyOf(kind: SeatKind, identity: string): string {
  return `${kind} ${identity}`;
}
