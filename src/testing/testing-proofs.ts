import type { Authenticated } from '../auth/authenticated.js';
import { type Authenticator, Authenticators } from '../auth/authenticator.js';
import { ClientError } from '../protocol/errors.js';
import { type JsonMembers, type JsonText, membersOf, toJsonText } from '../protocol/json/json.js';

/** The method of `auth` that takes {@link TestingProofs}. */
export const TESTING = 'testing';

/** Proofs that a test gives its clients, whatever the app has for others. Nothing else can make one. */
export class TestingProofs implements Authenticator {
  private readonly identities = new Map<string, JsonMembers>();

  /** Those of a gateway in this process. */
  static of(authenticators: Authenticators): TestingProofs {
    const known = authenticators.find(TESTING);
    if (known instanceof TestingProofs) return known;
    const proofs = new TestingProofs();
    authenticators.add(TESTING, proofs);
    return proofs;
  }

  /** Makes a proof, good for one use. */
  for(identity: Readonly<Record<string, unknown>>): string {
    const proof = crypto.randomUUID();
    this.identities.set(proof, membersOf(toJsonText(identity)));
    return proof;
  }

  async authenticate(event: ReadonlyMap<string, JsonText>): Promise<Authenticated> {
    const proof = JSON.parse(event.get('proof') ?? 'null') as string;
    const identity = this.identities.get(proof);
    if (!identity) throw new ClientError('authentication_failed', 'Authentication failed.');
    this.identities.delete(proof);
    return { identity };
  }
}
