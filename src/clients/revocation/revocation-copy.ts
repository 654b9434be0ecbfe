import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Startable, Stoppable } from '../../base/lifetime.js';
import { messageOf } from '../../base/message-of.js';
import { settlesWithin } from '../../base/time-limit.js';
import { Cluster } from '../../cluster/cluster.js';
import { CallbackError } from '../../protocol/errors.js';
import { RevocationList } from './revocation-list.js';
import type { Revocation } from './revocation.js';
import {
  REVOCATION_STORE,
  RevocationError,
  type RevocationStore,
  RevocationsUnusableError,
} from './revocation-store.js';

const RETRY_MS = 500;
/** The interval at which the copy is compared with the store, should an addition not have been heard. */
const COMPARE_MS = 60_000;
/** The time for which a client that authenticates waits for the copy. */
const PATIENCE_MS = 5_000;

/**
 * Keeps the list of this node complete: it is read when the node begins, and again when it could not hear the others. Until
 * it has been, nobody can say who may come in, and nobody is let in.
 */
@Injectable()
export class RevocationCopy implements Startable, Stoppable {
  private readonly logger = new Logger('Cluster');
  private readonly additions: ((added: readonly Revocation[]) => void)[] = [];
  private reading: Promise<void> | undefined;
  private isRead = false;
  private isStale = true;
  private isStopped = false;
  private isHearing = true;
  private comparing: NodeJS.Timeout | undefined;

  constructor(
    @Inject(REVOCATION_STORE) private readonly store: RevocationStore,
    readonly list: RevocationList,
    private readonly cluster: Cluster,
  ) {}

  /** @param heard told of what the list has got by reading. */
  whenRead(heard: (added: readonly Revocation[]) => void): void {
    this.additions.push(heard);
  }

  /** Keeps a revocation. @throws {RevocationError} when it could not be, or it is unknown whether it was. */
  async keep(revocation: Revocation): Promise<void> {
    try {
      await this.store.add([revocation]);
    } catch (cause) {
      if (cause instanceof RevocationError) throw cause;
      throw new RevocationError(`the revocation could not be kept: ${messageOf(cause)}`, { cause });
    }
    this.list.add(revocation);
  }

  /** Begins to read; clients that come meanwhile wait. */
  start(): void {
    this.cluster.whenLost(() => (this.isHearing = false));
    this.cluster.whenBack(() => {
      this.isHearing = true;
      this.readAgain();
    });
    this.cluster.whenMet(() => void this.compare());
    this.readAgain();
    this.comparing = setInterval(() => void this.compare(), COMPARE_MS).unref();
  }

  stop(): void {
    this.isStopped = true;
    clearInterval(this.comparing);
  }

  /**
   * Waits until the list is complete; nothing when it is.
   * @throws {CallbackError} when it is not in time, as a rejection.
   */
  completed(): Promise<void> | undefined {
    return this.isRead && this.isHearing ? undefined : this.completedInTime();
  }

  private async completedInTime(): Promise<void> {
    const isInTime = await settlesWithin(PATIENCE_MS, this.reading);
    if (!isInTime || !this.isRead || !this.isHearing)
      throw new CallbackError('nobody can say what is revoked');
  }

  private readAgain(): void {
    this.isRead = false;
    this.isStale = true;
    this.reading ??= this.read().finally(() => (this.reading = undefined));
  }

  /** Until it is complete: what was read while the others could not be heard is not. */
  private async read(): Promise<void> {
    while (this.isStale && !this.isStopped) {
      this.isStale = false;
      try {
        this.take(await this.store.read());
      } catch (error) {
        if (error instanceof RevocationsUnusableError) this.logger.error(error.message);
        else await this.wait(error);
      }
    }
    this.isRead = true;
  }

  private async wait(error: unknown): Promise<void> {
    this.isStale = true;
    this.logger.debug(`what is revoked cannot be read: ${messageOf(error)}`);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
  }

  private take(read: readonly Revocation[]): void {
    this.restore(read);
    for (const revocation of read) this.list.add(revocation);
    this.list.purge();
    for (const heard of this.additions) heard(read);
  }

  /** Whatever this node has heard is kept again where it was lost, as by a Redis that was emptied. */
  private restore(read: readonly Revocation[]): void {
    const missing = missingFrom(read, this.list);
    if (missing.length === 0) return;
    this.store.add(missing).catch((error: unknown) => {
      this.logger.warn(`${missing.length} revocations could not be kept again: ${messageOf(error)}`);
    });
  }

  private async compare(): Promise<void> {
    if (!this.isRead) return;
    try {
      this.list.purge();
      const count = await this.store.count();
      if (count !== this.list.size) this.take(await this.store.read());
    } catch (error) {
      this.logger.debug(`what is revoked cannot be compared: ${messageOf(error)}`);
    }
  }
}

function missingFrom(read: readonly Revocation[], list: RevocationList): Revocation[] {
  const known = new RevocationList();
  for (const revocation of read) known.add(revocation);
  return [...list.all()].filter((one) => !known.covers(one));
}
