import { Injectable } from '@nestjs/common';
import { monotonicMs } from '../base/monotonic-ms.js';
import { AuthSettings } from '../config/sections/auth/auth.settings.js';
import { ClientError } from '../protocol/errors.js';

/** The error code for clients whose address has failed too often. */
export const TOO_MANY_FAILURES = 'too_many_failures';

const MINUTE_MS = 60_000;
/** The most addresses remembered; beyond it, the one that failed longest ago is forgotten. */
const MAX_ADDRESSES = 10_000;

/** The failures of an address at the time of its last one, less those that had been forgiven by then. */
interface Failures {
  readonly count: number;
  readonly atMs: number;
}

/**
 * Failed authentications by client address. Proofs are costly to check: once too many from an address have failed, no
 * more of them are checked for a while. A minute forgives `auth.maxFailuresPerAddress`, evenly.
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
   * MUST be called before a proof is checked.
   * @param address absent where it is not, or no longer, known: all such clients count together.
   * @throws {ClientError} when too many from the address have failed.
   */
  check(address: string | undefined): void {
    if (this.perMinute === 0) return;
    const tooMany = this.countOf(address ?? '', monotonicMs()) - (this.perMinute - 1);
    if (tooMany > 0) throw tooManyFailures((tooMany * MINUTE_MS) / this.perMinute);
  }

  /** Counts a failure. */
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

  /** Forgets, oldest first, addresses that are forgiven, and those beyond {@link MAX_ADDRESSES}. */
  private sweep(nowMs: number): void {
    for (const address of this.byAddress.keys()) {
      if (this.byAddress.size <= MAX_ADDRESSES && this.countOf(address, nowMs) > 0) return;
      this.byAddress.delete(address);
    }
  }
}

/** Clients of the originals are told the same as after any other refusal. */
function tooManyFailures(retryAfterMs: number): ClientError {
  const why = 'too many authentications from its address have failed (auth.maxFailuresPerAddress)';
  return new ClientError(TOO_MANY_FAILURES, 'Authentication failed.', {
    verdict: { by: 'the gateway', why },
    retryAfterMs,
  });
}
