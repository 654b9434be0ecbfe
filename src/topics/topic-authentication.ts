import { Injectable } from '@nestjs/common';
import type { Authenticated } from '../auth/authenticated.js';
import { Authenticators } from '../auth/authenticator.js';
import { FailedAuthentications, TOO_MANY_FAILURES } from '../auth/failed-authentications.js';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import { ClientError } from '../protocol/errors.js';
import type { ClientEvent } from '../events/client-event.js';
import type { Session } from './session/session.js';
import { TOPIC_ERRORS } from './topic-errors.js';

/** Authenticates the clients of topics; proofs that fail count against their address. */
@Injectable()
export class TopicAuthentication {
  constructor(
    private readonly authenticators: Authenticators,
    private readonly failures: FailedAuthentications,
  ) {}

  /**
   * Authenticates the client of a session. Failures of others at its address do not hold up one that was authenticated
   * before.
   * @throws {ClientError} when the client is refused.
   * @throws {CallbackError} when the authority that decides could not be asked.
   */
  async authenticate(
    { connection, identity }: Session,
    { value, members }: ClientEvent,
  ): Promise<Authenticated> {
    const { method = 'ticket' } = value;
    const authenticator = typeof method === 'string' ? this.authenticators.find(method) : undefined;
    if (!authenticator) throw TOPIC_ERRORS.methodUnsupported();
    const { countedAddress } = connection;
    if (!identity) this.failures.check(countedAddress);
    try {
      const authenticated = await authenticator.authenticate(members, connection.abandoned, connection);
      await this.authenticators.admit(authenticated);
      return authenticated;
    } catch (error) {
      if (isFailedProof(error)) this.failures.add(countedAddress);
      throw error;
    }
  }

  /** Closes the connection of a client that was told of a refusal, if there have been too many. */
  refused(session: Session, error: unknown): void {
    if (isFailedProof(error)) session.refused(this.authenticators.maxFailures);
    else if (error instanceof ClientError && error.code === TOO_MANY_FAILURES)
      session.connection.close(CLOSE_REASONS.tooManyFailures);
  }
}

/** Whether a proof was checked and refused; an event without a proof costs nothing. */
function isFailedProof(error: unknown): boolean {
  return error instanceof ClientError && error.code === 'authentication_failed';
}
