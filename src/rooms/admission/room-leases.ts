import { Injectable } from '@nestjs/common';
import type { CallbackEnd } from '../../callbacks/callback-request.js';
import type { RepetitionOutcome } from '../../callbacks/repetition.js';
import type { Lease } from '../../leases/lease.js';
import { Leases } from '../../leases/leases.js';
import type { EndReason } from '../../protocol/end-reason.js';
import { RoomsApiHolder } from '../app/rooms-api-holder.js';
import type { RoomSession } from '../room-session.js';

/** The kind of the records of clients of rooms. */
export const ROOM_CLIENT = 'room';

/** An end that the app is told of. */
export interface RoomEnd {
  readonly end: CallbackEnd;
  /** Whether another process tells it if this one has to stop before. */
  readonly isKept: boolean;
  /** The app cannot be told at once. */
  postponed(): void;
}

/** The leases of clients of rooms, where the app wants to hear that they have gone. */
@Injectable()
export class RoomLeases {
  private readonly leases = new Map<RoomSession, Lease>();

  constructor(
    private readonly ledger: Leases,
    private readonly holder: RoomsApiHolder,
  ) {}

  /** Begins one for a client that is let in; the app hears of it when the record is written. */
  begin(session: RoomSession): void {
    if (!this.ledger.areKept || !this.holder.api?.tells('onDisconnect')) return;
    const lease = this.ledger.begin(ROOM_CLIENT, session.id, session);
    if (!lease) return;
    this.leases.set(session, lease);
    session.told = lease.written;
  }

  /** Has the app told that a client has gone, unless another node tells it. @param tell does so, in its turn. */
  async end(
    session: RoomSession,
    reason: EndReason,
    tell: (end: RoomEnd) => Promise<RepetitionOutcome>,
  ): Promise<void> {
    const lease = this.leases.get(session);
    lease?.ends(reason);
    const outcome = lease?.isOurs === false ? 'told' : await tell(this.endOf(session, reason, lease));
    if (outcome === 'kept') return;
    lease?.end();
    this.leases.delete(session);
  }

  private endOf(session: RoomSession, reason: EndReason, lease: Lease | undefined): RoomEnd {
    return {
      end: disconnection(lease?.key ?? session.id, reason),
      isKept: lease !== undefined,
      postponed: () => lease?.changed(),
    };
  }
}

/** The end of a client, as a callback says it. */
export function disconnection(id: string, reason: EndReason): CallbackEnd {
  return { id: `${id}/onDisconnect`, reason };
}
