import type { Member } from '../broker/presence-book.js';
import type { Lease, Leased } from '../leases/lease.js';
import type { JsonText } from '../protocol/json/json.js';
import { type PresencePlace, presenceRecordText } from './presence-place.js';

/** That one connection of this node makes somebody present. */
export class OwnMember implements Leased {
  lease: Lease | undefined;
  hasEnded = false;
  /** Whether the book has been asked to write it; it may have failed to. */
  isTried = false;
  private leaving: NodeJS.Timeout | undefined;
  private latest = 0;
  private waiting: ((number: number) => void) | undefined;

  constructor(
    private readonly connection: string,
    public member: Member,
    private readonly place: PresencePlace,
  ) {}

  /** See {@link Leased.leaseBody}. */
  leaseBody(): JsonText {
    return presenceRecordText(this.connection, this.place);
  }

  /** Whether its end is this node's to say. */
  get isOurs(): boolean {
    return this.lease?.isOurs !== false;
  }

  /** Resolves with the number of the news in which it is, when the book has been asked to write it; 0 if it failed to. */
  tried(): Promise<number> {
    return this.isTried ? Promise.resolve(this.latest) : new Promise((resolve) => (this.waiting = resolve));
  }

  /** See {@link tried}. */
  wasTried(number: number): void {
    this.isTried = true;
    this.latest = number;
    this.waiting?.(number);
  }

  /** It is somebody again, in the place of whoever it was. */
  stay(member: Member): void {
    clearTimeout(this.leaving);
    this.leaving = undefined;
    this.hasEnded = false;
    this.member = member;
  }

  /** Ends it after a time, unless it stays. */
  leave(afterMs: number, ended: () => void): void {
    if (this.hasEnded || this.leaving) return;
    this.leaving = setTimeout(() => {
      this.hasEnded = true;
      ended();
    }, afterMs).unref();
  }

  /** This node ends, and whoever takes over its leases gives its client the time to come back. */
  stop(): void {
    clearTimeout(this.leaving);
    this.lease?.ends('closed');
    this.lease?.changed();
    this.waiting?.(0);
  }
}
