import { Injectable } from '@nestjs/common';
import type { Authenticated } from '../auth/authenticated.js';
import { Authenticators } from '../auth/authenticator.js';
import { FailedAuthentications } from '../auth/failed-authentications.js';
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

  /** How often in a row a client may be refused before it is closed; 0 is no limit. */
  get maxFailures(): number {
    return this.authenticators.maxFailures;
  }

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
}

/** Not of what is no proof at all, which costs nothing. */
export function isFailedProof(error: unknown): boolean {
  return error instanceof ClientError && error.code === 'authentication_failed';
}
