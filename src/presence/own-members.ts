import type { Member, PresenceBook, PresenceChange } from '../broker/presence-book.js';
import type { Leases } from '../leases/leases.js';
import { OwnMember } from './own-member.js';
import type { PresencePlace } from './presence-place.js';

/** The kind of leases of those who are present. */
export const PRESENCE = 'presence';

const CHANGES_PER_WRITE = 256;
const RETRY_MS = 1_000;

/**
 * Those whom the connections of this node make present in one place. Brings to the book what has changed: one write after
 * another, all of one turn of the event loop together, and again until it is done.
 */
export class OwnMembers {
  private readonly own = new Map<string, OwnMember>();
  private readonly dirty = new Set<string>();
  private timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  private isWriting = false;

  /** @param onIdle called when there are none left. */
  constructor(
    private readonly place: PresencePlace,
    private readonly book: PresenceBook,
    private readonly leases: Leases,
    private readonly onIdle: () => void,
  ) {}

  get isEmpty(): boolean {
    return this.own.size === 0;
  }

  /** Whether the book must know of some. */
  get areWritten(): boolean {
    for (const { isTried, hasEnded } of this.own.values()) if (isTried && !hasEnded) return !this.isWriting;
    return false;
  }

  /** Makes somebody present, or in place of somebody else. @returns see {@link OwnMember.tried}. */
  async enter(connection: string, member: Member): Promise<number> {
    const known = this.own.get(connection);
    if (known) {
      known.stay(member);
      this.change(connection);
      return known.tried();
    }
    const own = new OwnMember(connection, member, this.place);
    this.own.set(connection, own);
    if (this.book.outlivesNodes) own.lease = this.leases.begin(PRESENCE, connection, own);
    await own.lease?.written;
    this.change(connection);
    return own.tried();
  }

  /** @param afterMs the time in which the client may come back. */
  leave(connection: string, afterMs: number): void {
    this.own.get(connection)?.leave(afterMs, () => this.change(connection));
  }

  /** Writes all again: the book may have lost them. */
  writeAgain(): void {
    for (const [connection, { isOurs, isTried }] of this.own) if (isOurs && isTried) this.change(connection);
  }

  stop(): void {
    this.dirty.clear();
    clearTimeout(this.timer as NodeJS.Timeout);
    for (const own of this.own.values()) own.stop();
  }

  private change(connection: string): void {
    this.dirty.add(connection);
    if (this.isWriting || this.timer) return;
    this.timer = setImmediate(() => void this.write());
  }

  private async write(): Promise<void> {
    this.timer = undefined;
    this.isWriting = true;
    let isDone = true;
    while (this.dirty.size > 0 && isDone) isDone = await this.writeSome();
    this.isWriting = false;
    if (!isDone) this.timer = setTimeout(() => void this.write(), RETRY_MS).unref();
    else if (this.isEmpty) this.onIdle();
  }

  /** @returns whether the book has it; else the same is written again. */
  private async writeSome(): Promise<boolean> {
    const changes = this.takeChanges();
    let number: number | undefined;
    try {
      number = await this.book.write(this.place.channel, changes, this.place.max);
    } catch {
      number = undefined; // silent: a broker that is lost says so itself
    }
    for (const change of changes) this.written(change, number);
    return number !== undefined;
  }

  private takeChanges(): PresenceChange[] {
    const changes: PresenceChange[] = [];
    for (const connection of this.dirty) {
      if (changes.length === CHANGES_PER_WRITE) break;
      this.dirty.delete(connection);
      const own = this.own.get(connection);
      changes.push({ connection, member: own?.hasEnded === false ? own.member : undefined });
    }
    return changes;
  }

  private written({ connection, member }: PresenceChange, number: number | undefined): void {
    const own = this.own.get(connection);
    own?.wasTried(number ?? 0);
    if (number === undefined) this.dirty.add(connection);
    else if (!member && own?.hasEnded) {
      this.own.delete(connection);
      own.lease?.end();
    }
  }
}
