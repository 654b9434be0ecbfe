import { Injectable } from '@nestjs/common';
import type { Authenticated } from '../auth/authenticated.js';
import { Authenticators } from '../auth/authenticator.js';
import { FailedAuthentications, TOO_MANY_FAILURES } from '../auth/failed-authentications.js';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import { ClientError } from '../protocol/errors.js';
import type { ClientEvent } from './client-event.js';
import type { Session } from './session.js';
import { TOPIC_ERRORS } from './topic-errors.js';

/** How clients of topics prove who they are, and what comes of proofs that fail. */
@Injectable()
export class TopicAuthentication {
  constructor(
    private readonly authenticators: Authenticators,
    private readonly failures: FailedAuthentications,
  ) {}

  /**
   * Authenticates a session. Who has proved who it is before does not suffer from others at its address.
   * @throws {ClientError} when the client is refused; {@link CallbackError} when whoever decides could not be asked.
   */
  async authenticate(session: Session, { value, members }: ClientEvent): Promise<Authenticated> {
    const { method = 'ticket' } = value;
    const authenticator = typeof method === 'string' ? this.authenticators.find(method) : undefined;
    if (!authenticator) throw TOPIC_ERRORS.methodUnsupported();
    const { connection } = session;
    const { countedAddress } = connection;
    if (!session.identity) this.failures.check(countedAddress);
    try {
      const authenticated = await authenticator.authenticate(members, connection.abandoned, connection);
      session.authenticated(authenticated);
      return authenticated;
    } catch (error) {
      if (isRefusal(error)) this.failures.add(countedAddress);
      throw error;
    }
  }

  /** Closes the connection of a client that has been told an error, if there were too many. */
  failed(session: Session, error: unknown): void {
    if (isRefusal(error)) session.refused(this.authenticators.maxFailures);
    else if (error instanceof ClientError && error.code === TOO_MANY_FAILURES)
      session.connection.close(CLOSE_REASONS.tooManyFailures);
  }
}

/** Not of what is no proof at all, which costs nothing. */
function isRefusal(error: unknown): boolean {
  return error instanceof ClientError && error.code === 'authentication_failed';
}
