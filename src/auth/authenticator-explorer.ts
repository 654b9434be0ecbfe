import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CALLER, type Caller } from '../callbacks/caller.js';
import { ProviderMethods } from '../callbacks/provider-methods.js';
import { Settings } from '../config/settings.js';
import { Authenticators } from './authenticator.js';
import { HttpTicketValidator } from './http.ticket-validator.js';
import { JwtAuthenticator } from './jwt.authenticator.js';
import { ProviderTicketValidator, VALIDATE_TICKET } from './provider.ticket-validator.js';
import { TicketAuthenticator, type TicketValidator } from './ticket.authenticator.js';

/** Finds the methods of authentication at the start: those of the configuration, and a provider that validates tickets. */
@Injectable()
export class AuthenticatorExplorer implements OnModuleInit {
  constructor(
    private readonly settings: Settings,
    private readonly authenticators: Authenticators,
    private readonly providers: ProviderMethods,
    @Inject(CALLER) private readonly caller: Caller,
  ) {}

  /** @throws when tickets are validated in more than one place. */
  onModuleInit(): void {
    const { ticket, jwt } = this.settings.auth;
    const validators: TicketValidator[] = this.providers
      .marked(VALIDATE_TICKET)
      .map((method) => new ProviderTicketValidator(method));
    if (ticket) validators.push(new HttpTicketValidator(this.caller, ticket));
    if (validators.length > 1) throw new Error('tickets are validated in more than one place');
    if (validators[0]) this.authenticators.add('ticket', new TicketAuthenticator(validators[0]));
    if (jwt) this.authenticators.add('jwt', new JwtAuthenticator(jwt));
  }
}
