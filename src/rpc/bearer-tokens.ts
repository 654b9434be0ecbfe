import { Injectable } from '@nestjs/common';
import type { Authenticated } from '../auth/authenticated.js';
import { Authenticators } from '../auth/authenticator.js';
import { FailedAuthentications } from '../auth/failed-authentications.js';
import { JwtAuthenticator } from '../auth/jwt.authenticator.js';
import { Settings } from '../config/settings.js';
import { type AddressedRequest, clientAddress } from '../connection/client-address.js';
import { ClientError } from '../protocol/errors.js';
import type { JsonText } from '../protocol/json/json.js';

const MOCK_TOKEN = 'mock_token';
const MOCK_IDENTITY: Authenticated = { identity: new Map([['user_id', '1' as JsonText]]) };

/** The tokens that callers prove with who they are, whatever brings them: JSON Web Tokens, as `auth.jwt` has them. */
@Injectable()
export class BearerTokens {
  constructor(
    private readonly authenticators: Authenticators,
    private readonly settings: Settings,
    private readonly failures: FailedAuthentications,
  ) {}

  /** Whether any token can be verified. */
  get areConfigured(): boolean {
    return this.settings.auth.jwt !== undefined;
  }

  /**
   * Who the bearer of a token is.
   * @param request that it came with: failures are counted by its address.
   * @throws {ClientError} when it is refused, or too many from the address have been. Neither the error nor its cause quotes the token.
   * @throws {CallbackError} when the keys could not be fetched.
   */
  async identify(token: string, request: AddressedRequest): Promise<Authenticated> {
    const jwt = this.authenticators.find('jwt');
    if (!(jwt instanceof JwtAuthenticator)) throw refused('no tokens are configured');
    if (token === MOCK_TOKEN && this.settings.procedures?.mockToken) return MOCK_IDENTITY;
    const address = this.addressOf(request);
    this.failures.check(address);
    try {
      return await jwt.identify(token);
    } catch (error) {
      if (error instanceof ClientError) this.failures.add(address);
      throw error;
    }
  }

  private addressOf(request: AddressedRequest): string | undefined {
    const { server, limits } = this.settings;
    return clientAddress(request, { trustProxy: server.trustProxy, ipv6PrefixBits: limits.ipv6Prefix });
  }
}

function refused(reason: string): ClientError {
  return new ClientError('authentication_failed', 'Authentication failed.', { cause: new Error(reason) });
}
