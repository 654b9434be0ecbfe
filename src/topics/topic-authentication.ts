import { Injectable } from '@nestjs/common';
import type { Authenticated } from '../auth/authenticated.js';
import { Authenticators } from '../auth/authenticator.js';
import { FailedAuthentications, TOO_MANY_FAILURES } from '../auth/failed-authentications.js';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import { ClientError } from '../protocol/errors.js';
import type { ClientEvent } from './client-event.js';
import type { Session } from './session.js';
import { TOPIC_ERRORS } from './topic-errors.js';

/** The proofs by which clients of topics say who they are; those that fail count for their address. */
@Injectable()
export class TopicAuthentication {
  constructor(
    private readonly authenticators: Authenticators,
    private readonly failures: FailedAuthentications,
  ) {}

  /**
   * Has the client of a session proved to be somebody. Who was somebody before does not suffer from others at its address.
   * @throws {ClientError} when the client is refused; {@link CallbackError} when whoever decides could not be asked.
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
      return await authenticator.authenticate(members, connection.abandoned, connection);
    } catch (error) {
      if (isFailedProof(error)) this.failures.add(countedAddress);
      throw error;
    }
  }

  /** Closes the connection of a client that has been told that its proof is none, if there were too many. */
  refused(session: Session, error: unknown): void {
    if (isFailedProof(error)) session.refused(this.authenticators.maxFailures);
    else if (error instanceof ClientError && error.code === TOO_MANY_FAILURES)
      session.connection.close(CLOSE_REASONS.tooManyFailures);
  }
}

/** Not of what is no proof at all, which costs nothing. */
function isFailedProof(error: unknown): boolean {
  return error instanceof ClientError && error.code === 'authentication_failed';
}
