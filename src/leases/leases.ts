import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Stoppable } from '../base/lifetime.js';
import { messageOf } from '../base/message-of.js';
import { settlesWithin } from '../base/time-limit.js';
import { Connections } from '../connection/connections.js';
import { Metrics } from '../metrics/metrics.js';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import { Lease, type Leased } from './lease.js';
import { LEASE_SETTINGS, type LeaseSettings } from './lease.settings.js';
import { LeaseWriter, type WriterListener } from './lease-writer.js';
import { LEDGER, type Ledger } from './ledger.js';

/** The time for the last records to be written. */
const LAST_WRITE_MS = 2_000;

/**
 * The leases of this node: of what has begun and of which the app must hear the end, even if this node does not live to
 * tell it. A domain awaits {@link Lease.written} before the app hears of a beginning, and ends the lease after the app has
 * heard of the end; its `EndTeller` tells of the ends that are left by nodes that are gone.
 */
@Injectable()
export class Leases implements WriterListener, Stoppable {
  private readonly logger = new Logger('Ledger');
  private readonly writer: LeaseWriter | undefined;
  private count = 0;

  constructor(
    @Inject(LEDGER) ledger: Ledger | undefined,
    @Inject(LEASE_SETTINGS) private readonly settings: LeaseSettings,
    private readonly connections: Connections,
    private readonly metrics: Metrics,
  ) {
    this.writer = ledger && new LeaseWriter(ledger, settings, this);
    metrics.ledger.countRecords(() => this.writer?.book.size ?? 0);
  }

  /** Whether records are kept at all. */
  get areKept(): boolean {
    return this.writer !== undefined;
  }

  /**
   * Begins a lease.
   * @param session the id of its client's connection: ends are told in order per session, the latest first.
   * @returns nothing where no records are kept.
   */
  begin(kind: string, session: string, subject: Leased): Lease | undefined {
    const { writer } = this;
    if (!writer) return undefined;
    const lease = new Lease(writer.book, kind, `${session}/${++this.count}`, subject);
    writer.add(lease);
    return lease;
  }

  /** See {@link WriterListener.fenced}. Its clients have been reported gone: they come back as others. */
  fenced(): void {
    this.metrics.ledger.fenced();
    this.logger.error(
      'this node was paused for longer than its lease, and another one has told the app that its clients are gone: closing them',
    );
    void this.connections.closeAll(CLOSE_REASONS.reconnect, this.settings.spreadMs);
  }

  /** See {@link WriterListener.away}. */
  away(fault: unknown): void {
    this.metrics.ledger.reached(false);
    this.logger.warn(
      `the ledger cannot be reached; what begins now is entered when it is back: ${messageOf(fault)}`,
    );
  }

  /** See {@link WriterListener.back}. */
  back(): void {
    this.metrics.ledger.reached(true);
    this.logger.log('the ledger can be reached again');
  }

  /** Leaves the rest to be told by another node, or by the next one here. */
  async stop(): Promise<void> {
    try {
      if (await settlesWithin(LAST_WRITE_MS, this.writer?.stop())) return;
      this.logger.warn('the ledger does not answer: others will take this node for lost');
    } catch (error) {
      this.logger.warn(
        `the ledger cannot be reached: others will take this node for lost: ${messageOf(error)}`,
      );
    }
  }
}
