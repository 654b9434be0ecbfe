import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CALLER, type Caller } from '../callbacks/caller.js';
import { ProviderMethods } from '../callbacks/providers/provider-methods.js';
import { ConfigurationError } from '../config/configuration-error.js';
import type { JwtSettings } from '../config/sections/auth/jwt.settings.js';
import { Settings } from '../config/settings.js';
import { Metrics } from '../metrics/metrics.js';
import { messageOf } from '../base/message-of.js';
import { Authenticators } from './authenticator.js';
import { HttpTicketValidator } from './http.ticket-validator.js';
import { JwtAuthenticator } from './jwt.authenticator.js';
import { ProviderTicketValidator, VALIDATE_TICKET } from './provider.ticket-validator.js';
import { TicketAuthenticator } from './ticket.authenticator.js';

/** Finds the methods of authentication at the start: those of the configuration, and a provider that validates tickets. */
@Injectable()
export class AuthenticatorExplorer implements OnModuleInit {
  constructor(
    private readonly settings: Settings,
    private readonly authenticators: Authenticators,
    private readonly providers: ProviderMethods,
    @Inject(CALLER) private readonly caller: Caller,
    private readonly metrics: Metrics,
  ) {}

  /** @throws when tickets are validated in more than one place. @throws {ConfigurationError} when a key does not fit. */
  onModuleInit(): void {
    const { ticket, jwt, maxFailures } = this.settings.auth;
    this.authenticators.maxFailures = maxFailures;
    const methods = this.providers.marked(VALIDATE_TICKET);
    const places = [...methods.map(({ name }) => name), ...(ticket ? ['auth.ticket.url'] : [])];
    if (places.length > 1)
      throw new Error(`tickets are validated in more than one place: ${places.join(', ')}`);
    const [method] = methods;
    const validator = method
      ? new ProviderTicketValidator(method)
      : ticket && new HttpTicketValidator(this.caller, ticket);
    if (validator) this.authenticators.add('ticket', new TicketAuthenticator(validator, this.metrics));
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
