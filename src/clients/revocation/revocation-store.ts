import type { Revocation } from './revocation.js';

/** A revocation could not be kept, and nothing was revoked. */
export class RevocationError extends Error {
  override readonly name: string = 'RevocationError';
}

/** The store will take no more; the message says how many it has. */
export class RevocationsFullError extends RevocationError {
  override readonly name = 'RevocationsFullError';
}

/** The store can never be used, as it is set up; the message says why. */
export class RevocationsUnusableError extends RevocationError {
  override readonly name = 'RevocationsUnusableError';
}

/**
 * Keeps revocations where nodes that begin, or come back, find them. Guarantee: what {@link add} has resolved for is in what
 * every later {@link read} gives, as long as it has to be remembered.
 */
export interface RevocationStore {
  /**
   * @throws {RevocationsFullError} when there are too many.
   * @throws {RevocationsUnusableError} as {@link read}.
   * @throws when it cannot be reached, or it is unknown whether it was kept.
   */
  add(revocations: readonly Revocation[]): Promise<void>;
  /**
   * Everything that is kept; it MAY have what has ended.
   * @throws {RevocationsUnusableError} when it never will be readable. @throws when it cannot be reached.
   */
  read(): Promise<readonly Revocation[]>;
  /** The number of those kept that have not ended; nothing where that is not known. @throws as {@link read}. */
  count(): Promise<number | undefined>;
}

/** The injection token of the gateway's {@link RevocationStore}. */
export const REVOCATION_STORE = Symbol('kittiwake:revocation-store');
