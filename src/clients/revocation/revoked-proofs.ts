import { Injectable } from '@nestjs/common';
import type { Authenticated } from '../../auth/authenticated.js';
import { Authenticators } from '../../auth/authenticator.js';
import { AuthSettings } from '../../config/sections/auth/auth.settings.js';
import { ClientError } from '../../protocol/errors.js';
import { canonicalJson } from '../../protocol/json/canonical-json.js';
import { RevocationCopy } from './revocation-copy.js';

/** Refuses proofs that are good but for being revoked, however they are given. */
@Injectable()
export class RevokedProofs {
  constructor(
    authenticators: Authenticators,
    private readonly copy: RevocationCopy,
    private readonly settings: AuthSettings,
  ) {
    authenticators.guard = (authenticated) => this.admit(authenticated);
  }

  /** Nothing is to be waited for as long as this node hears of all revocations. */
  private admit(authenticated: Authenticated): Promise<void> | undefined {
    const completed = this.copy.completed();
    if (completed) return completed.then(() => this.check(authenticated));
    this.check(authenticated);
    return undefined;
  }

  private check({ identity, tokenId, issuedAtMs }: Authenticated): void {
    const text = identity.get(this.settings.identityField);
    const proof = {
      identity: text === undefined ? undefined : canonicalJson(text),
      tokenId,
      provedAtMs: issuedAtMs ?? Date.now(),
    };
    if (this.copy.list.revokes(proof))
      throw new ClientError('authentication_failed', 'Authentication failed.', {
        cause: new Error('it is revoked'),
      });
  }
}
