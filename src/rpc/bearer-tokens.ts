import { Injectable } from '@nestjs/common';
import type { Authenticated } from '../auth/authenticated.js';
import { Authenticators } from '../auth/authenticator.js';
import { JwtAuthenticator } from '../auth/jwt.authenticator.js';
import { Settings } from '../config/settings.js';
import { ClientError } from '../protocol/errors.js';
import type { JsonText } from '../protocol/json.js';

const MOCK_TOKEN = 'mock_token';
const MOCK_IDENTITY: Authenticated = { identity: new Map([['user_id', '1' as JsonText]]) };

/** The tokens that callers prove with who they are, whatever brings them: JSON Web Tokens, as `auth.jwt` has them. */
@Injectable()
export class BearerTokens {
  constructor(
    private readonly authenticators: Authenticators,
    private readonly settings: Settings,
  ) {}

  /** Whether any token can be verified. */
  get areConfigured(): boolean {
    return this.settings.auth.jwt !== undefined;
  }

  /**
   * Who the bearer of a token is.
   * @throws {ClientError} when it is refused. Neither the error nor its cause quotes the token.
   * @throws {CallbackError} when the keys could not be fetched.
   */
  async identify(token: string): Promise<Authenticated> {
    const jwt = this.authenticators.find('jwt');
    if (!(jwt instanceof JwtAuthenticator)) throw refused('no tokens are configured');
    if (token === MOCK_TOKEN && this.settings.procedures?.mockToken) return MOCK_IDENTITY;
    return jwt.identify(token);
  }
}

function refused(reason: string): ClientError {
  return new ClientError('authentication_failed', 'Authentication failed.', { cause: new Error(reason) });
}
