import { Injectable, type OnModuleInit } from '@nestjs/common';
import { messageOf } from '../base/message-of.js';
import { ConfigurationError } from '../config/configuration-error.js';
import { AuthSettings } from '../config/sections/auth/auth.settings.js';
import type { JwtSettings } from '../config/sections/auth/jwt.settings.js';
import { Authenticators } from './authenticator.js';
import { JwtAuthenticator } from './jwt/jwt.authenticator.js';
import { TicketAuthentication } from './ticket-authentication.js';

/** Finds the methods of authentication at the start: those of the configuration, and a provider that validates tickets. */
@Injectable()
export class AuthenticatorExplorer implements OnModuleInit {
  constructor(
    private readonly settings: AuthSettings,
    private readonly authenticators: Authenticators,
    private readonly tickets: TicketAuthentication,
  ) {}

  /** @throws when tickets are validated in more than one place. @throws {ConfigurationError} when a key does not fit. */
  onModuleInit(): void {
    const { ticket, jwt, maxFailures } = this.settings;
    this.authenticators.maxFailures = maxFailures;
    const byTicket = this.tickets.authenticator(ticket);
    if (byTicket) this.authenticators.add('ticket', byTicket);
    if (jwt) this.authenticators.add('jwt', jwtAuthenticator(jwt));
  }
}

function jwtAuthenticator(jwt: JwtSettings): JwtAuthenticator {
  try {
    return new JwtAuthenticator(jwt);
  } catch (cause) {
    throw new ConfigurationError([`auth.jwt: ${messageOf(cause)}`], { cause });
  }
}
