import { Injectable } from '@nestjs/common';
import { type Revocable, type Revocation, revocationText } from './revocation.js';

/** All that is revoked, as far as this node has heard, until nobody has to remember it. */
@Injectable()
export class RevocationList {
  /** By token id, until when. */
  private readonly tokens = new Map<string, number>();
  private readonly identities = new Map<string, Extract<Revocation, { identity: string }>>();

  get size(): number {
    return this.tokens.size + this.identities.size;
  }

  /** Of the same token or identity, what lasts longer counts. */
  add(revocation: Revocation): void {
    if ('tokenId' in revocation) {
      const untilMs = Math.max(revocation.untilMs, this.tokens.get(revocation.tokenId) ?? 0);
      this.tokens.set(revocation.tokenId, untilMs);
      return;
    }
    const before = this.identities.get(revocation.identity) ?? revocation;
    const untilMs = Math.max(revocation.untilMs, before.untilMs);
    const issuedUntilMs = Math.max(revocation.issuedUntilMs, before.issuedUntilMs);
    this.identities.set(revocation.identity, { identity: revocation.identity, issuedUntilMs, untilMs });
  }

  /** Whether a revocation, or one that says as much, is among them. */
  covers(revocation: Revocation): boolean {
    if ('tokenId' in revocation) return (this.tokens.get(revocation.tokenId) ?? 0) >= revocation.untilMs;
    const known = this.identities.get(revocation.identity);
    return (
      known !== undefined &&
      known.untilMs >= revocation.untilMs &&
      known.issuedUntilMs >= revocation.issuedUntilMs
    );
  }

  /** Whether a proof counts no more. */
  revokes({ identity, tokenId, provedAtMs }: Revocable): boolean {
    const nowMs = Date.now();
    if (tokenId !== undefined && (this.tokens.get(tokenId) ?? 0) > nowMs) return true;
    const revocation = identity === undefined ? undefined : this.identities.get(identity);
    return revocation !== undefined && revocation.untilMs > nowMs && provedAtMs <= revocation.issuedUntilMs;
  }

  *all(): Generator<Revocation, void, void> {
    for (const [tokenId, untilMs] of this.tokens) yield { tokenId, untilMs };
    yield* this.identities.values();
  }

  /** A part of all of them in an order, as texts: what comes after a text, or the first. */
  page(after: string, limit: number): string[] {
    const texts = [...this.all()].map(revocationText).filter((text) => text > after);
    return texts.toSorted().slice(0, limit);
  }

  /** Forgets those that nobody has to remember. */
  purge(): void {
    const nowMs = Date.now();
    for (const [tokenId, untilMs] of this.tokens) if (untilMs <= nowMs) this.tokens.delete(tokenId);
    for (const [key, { untilMs }] of this.identities) if (untilMs <= nowMs) this.identities.delete(key);
  }
}
