import { AuthenticatorExplorer } from './authenticator-explorer.js';
import { Authenticators } from './authenticator.js';
import { FailedAuthentications } from './failed-authentications.js';
import { TicketAuthentication } from './ticket-authentication.js';

export const AUTH_PROVIDERS = [
  Authenticators,
  AuthenticatorExplorer,
  FailedAuthentications,
  TicketAuthentication,
];
