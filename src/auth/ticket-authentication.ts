import { Inject, Injectable } from '@nestjs/common';
import { CALLER, type Caller } from '../callbacks/caller.js';
import { ProviderMethods } from '../callbacks/providers/provider-methods.js';
import type { TicketSettings } from '../config/sections/auth/ticket.settings.js';
import { Handshakes } from '../connection/handshakes.js';
import { Metrics } from '../metrics/metrics.js';
import { HttpTicketValidator } from './http.ticket-validator.js';
import { ProviderTicketValidator, VALIDATE_TICKET } from './provider.ticket-validator.js';
import { TicketAuthenticator, type TicketValidator } from './ticket.authenticator.js';

/** Authentication by tickets, which a provider of the app validates, or a URL. */
@Injectable()
export class TicketAuthentication {
  constructor(
    private readonly providers: ProviderMethods,
    @Inject(CALLER) private readonly caller: Caller,
    private readonly metrics: Metrics,
    private readonly handshakes: Handshakes,
  ) {}

  /**
   * @param settings of the URL, if one is configured.
   * @returns nothing when nothing validates tickets.
   * @throws when they are validated in more than one place.
   */
  authenticator(settings: TicketSettings | undefined): TicketAuthenticator | undefined {
    const validator = this.validator(settings);
    return validator && new TicketAuthenticator(validator, this.metrics);
  }

  private validator(settings: TicketSettings | undefined): TicketValidator | undefined {
    const methods = this.providers.marked(VALIDATE_TICKET);
    const places = [...methods.map(({ name }) => name), ...(settings ? ['auth.ticket.url'] : [])];
    if (places.length > 1)
      throw new Error(`tickets are validated in more than one place: ${places.join(', ')}`);
    const [method] = methods;
    if (method) return new ProviderTicketValidator(method, (client) => this.handshakes.of(client));
    return settings && new HttpTicketValidator(this.caller, settings);
  }
}
