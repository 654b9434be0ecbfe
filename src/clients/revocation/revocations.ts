import { Injectable } from '@nestjs/common';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Cluster } from '../../cluster/cluster.js';
import { AuthSettings } from '../../config/sections/auth/auth.settings.js';
import { CLOSE_REASONS } from '../../protocol/close-reason.js';
import type { Client } from '../client.js';
import { Clients } from '../clients.js';
import { type Counted, counted, countedBody, readCount } from '../counted.js';
import { RevocationCopy } from './revocation-copy.js';
import { type Revocation, revocationIn, revocationText } from './revocation.js';
import type { RevocationWish } from './revocation-wish.js';

/** So many clients at a time: the others of this node have their turn in between. */
const PER_TURN = 200;

/** The outcome of a revocation. */
export interface Revoked extends Counted {
  /** Until when it is remembered, in milliseconds since the epoch. */
  readonly untilMs: number;
}

/** Revokes tokens on all nodes: who is there by one has to go. */
@Injectable()
export class Revocations {
  constructor(
    private readonly cluster: Cluster,
    private readonly clients: Clients,
    private readonly copy: RevocationCopy,
    private readonly settings: AuthSettings,
  ) {
    cluster.answer('revoke', (question) => this.revokeHere(question));
    copy.whenRead((read) => void this.close(read));
  }

  /**
   * Revokes a token, or all that an identity has.
   * @returns how many connections were closed.
   * @throws {RevocationError} when it could not be kept: then nothing was done.
   */
  async revoke({ ttlMs = this.settings.revocationTtlMs, ...wish }: RevocationWish): Promise<Revoked> {
    const untilMs = Date.now() + ttlMs;
    const revocation: Revocation =
      'tokenId' in wish
        ? { tokenId: wish.tokenId, untilMs }
        : { identity: wish.identity, issuedUntilMs: wish.issuedUntilMs ?? Date.now(), untilMs };
    await this.copy.keep(revocation);
    const answers = await this.cluster.ask('revoke', revocationText(revocation), readCount);
    return { ...counted(answers), untilMs };
  }

  private async revokeHere(question: unknown): Promise<number> {
    const revocation = revocationIn(question);
    if (!revocation) throw new TypeError('a revocation is missing');
    this.copy.list.add(revocation);
    return this.close([revocation]);
  }

  /** @returns how many clients were closed. */
  private async close(revocations: readonly Revocation[]): Promise<number> {
    let count = 0;
    for (const revocation of revocations) {
      for (const client of this.concerned(revocation)) {
        if (!client.connection.isOpen || !this.copy.list.revokes(client)) continue;
        client.connection.close(CLOSE_REASONS.revoked);
        if (++count % PER_TURN === 0) await nextTurn();
      }
    }
    return count;
  }

  private concerned(revocation: Revocation): readonly Client[] {
    return 'tokenId' in revocation
      ? this.clients.ofToken(revocation.tokenId)
      : this.clients.ofIdentity(revocation.identity);
  }
}

/** The outcome of a revocation, in its wire form. */
export function revokedBody({ untilMs, ...counted }: Revoked): object {
  return { ...countedBody('disconnected', counted), until: new Date(untilMs).toISOString() };
}
