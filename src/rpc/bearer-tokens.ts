import { Inject, Injectable } from '@nestjs/common';
import type { Authenticated } from '../auth/authenticated.js';
import { Authenticators } from '../auth/authenticator.js';
import { FailedAuthentications } from '../auth/failed-authentications.js';
import { JwtAuthenticator } from '../auth/jwt/jwt.authenticator.js';
import { ProceduresSettings } from '../config/sections/procedures/procedures.settings.js';
import { type AddressedRequest, type AddressRules, clientAddress } from '../connection/client-address.js';
import { CONNECTION_SETTINGS } from '../connection/connection.settings.js';
import { ClientError } from '../protocol/errors.js';
import type { JsonText } from '../protocol/json/json.js';

const MOCK_TOKEN = 'mock_token';
const MOCK_IDENTITY: Authenticated = { identity: new Map([['user_id', '1' as JsonText]]) };

/** Verifies the bearer tokens of callers over every transport: JSON Web Tokens, as `auth.jwt` configures them. */
@Injectable()
export class BearerTokens {
  constructor(
    private readonly authenticators: Authenticators,
    private readonly failures: FailedAuthentications,
    private readonly settings: ProceduresSettings,
    @Inject(CONNECTION_SETTINGS) private readonly addressRules: AddressRules,
  ) {}

  /** Whether a key to verify tokens with is configured. */
  get areConfigured(): boolean {
    return this.jwt !== undefined;
  }

  /**
   * Verifies a token and reads the identity of its bearer.
   * @param request that brought it: failures are counted by its address.
   * @throws {ClientError} when it is refused, or too many from the address were. Neither the error nor its cause quotes
   * it.
   * @throws {CallbackError} when the keys could not be fetched, or nobody can say what is revoked.
   */
  async identify(token: string, request: AddressedRequest): Promise<Authenticated> {
    const { jwt } = this;
    if (!jwt) throw refused('no tokens are configured');
    if (token === MOCK_TOKEN && this.settings.mockToken) return MOCK_IDENTITY;
    const address = clientAddress(request, this.addressRules);
    this.failures.check(address);
    try {
      const authenticated = await jwt.identify(token);
      await this.authenticators.admit(authenticated);
      return authenticated;
    } catch (error) {
      if (error instanceof ClientError) this.failures.add(address);
      throw error;
    }
  }

  private get jwt(): JwtAuthenticator | undefined {
    const jwt = this.authenticators.find('jwt');
    return jwt instanceof JwtAuthenticator ? jwt : undefined;
  }
}

function refused(reason: string): ClientError {
  return new ClientError('authentication_failed', 'Authentication failed.', { cause: new Error(reason) });
}
