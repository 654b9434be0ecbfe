import { Injectable } from '@nestjs/common';
import { monotonicMs } from '../base/monotonic-ms.js';
import { AuthSettings } from '../config/sections/auth/auth.settings.js';
import { ClientError } from '../protocol/errors.js';

/** The code of what clients are told whose address has failed too often. */
export const TOO_MANY_FAILURES = 'too_many_failures';

const MINUTE_MS = 60_000;
/** What is remembered is bounded: of more addresses, the one that failed longest ago is forgotten. */
const MAX_ADDRESSES = 10_000;

/** So many failed, what has been forgiven since left out. */
interface Failures {
  readonly count: number;
  readonly atMs: number;
}

/**
 * The authentications that failed, by the address of the client: proofs are dear to look at, and who has been refused
 * too often has no more of them looked at for a while. A minute forgives `auth.maxFailuresPerAddress`, evenly.
 */
@Injectable()
export class FailedAuthentications {
  private readonly perMinute: number;
  /** The latest to fail is the last. */
  private readonly byAddress = new Map<string, Failures>();

  constructor({ maxFailuresPerAddress }: AuthSettings) {
    this.perMinute = maxFailuresPerAddress;
  }

  /**
   * To be asked before a proof is looked at.
   * @param address absent for all whose address is not known, or not any more: they count together.
   * @throws {ClientError} when too many of the address have failed.
   */
  check(address: string | undefined): void {
    if (this.perMinute === 0) return;
    if (this.countOf(address ?? '', monotonicMs()) > this.perMinute - 1) throw tooManyFailures();
  }

  /** Takes that one has failed. */
  add(address = ''): void {
    if (this.perMinute === 0) return;
    const nowMs = monotonicMs();
    const count = this.countOf(address, nowMs) + 1;
    this.byAddress.delete(address);
    this.byAddress.set(address, { count, atMs: nowMs });
    this.sweep(nowMs);
  }

  private countOf(address: string, nowMs: number): number {
    const failures = this.byAddress.get(address);
    if (!failures) return 0;
    return Math.max(0, failures.count - ((nowMs - failures.atMs) * this.perMinute) / MINUTE_MS);
  }

  /** Forgets from the oldest what is forgiven, and what there is no room for. */
  private sweep(nowMs: number): void {
    for (const address of this.byAddress.keys()) {
      if (this.byAddress.size <= MAX_ADDRESSES && this.countOf(address, nowMs) > 0) return;
      this.byAddress.delete(address);
    }
  }
}

/** Clients of the originals are told what any refused one is. */
function tooManyFailures(): ClientError {
  const why = 'too many authentications from its address have failed (auth.maxFailuresPerAddress)';
  return new ClientError(TOO_MANY_FAILURES, 'Authentication failed.', {
    verdict: { by: 'the gateway', why },
  });
}
