import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { CallOrigin } from '../../procedures/procedure-call.js';
import { BearerTokens } from '../bearer-tokens.js';
import { ServiceSecret } from '../service-secret.js';
import { type RpcTarget, targetOf } from './target.js';

const BEARER = /^Bearer +(\S+) *$/i;

/** The caller of a procedure over HTTP. */
export interface RpcCaller extends Pick<CallOrigin, 'identity' | 'isService'> {
  /** Expiry of its token, milliseconds since the epoch; absent without one. */
  readonly expiresAtMs?: number | undefined;
}

/** Identifies callers over HTTP: by the service secret, by a token, or as anonymous. */
@Injectable()
export class RpcCallers {
  constructor(
    private readonly secret: ServiceSecret,
    private readonly tokens: BearerTokens,
  ) {}

  /** As {@link targetOf}, with the service secret. */
  targetOf({ url = '/' }: IncomingMessage, prefix: string): RpcTarget | undefined {
    return targetOf(url, prefix, this.secret);
  }

  /**
   * Identifies the caller of a request, by the secret in the path or in the value of any header, or by a token in
   * `Authorization`, if tokens can be verified.
   * @throws {ClientError} when a token is refused, or too many from the address have been.
   * @throws {CallbackError} when the keys could not be fetched.
   */
  async identify(request: IncomingMessage, { hasSecret }: Pick<RpcTarget, 'hasSecret'>): Promise<RpcCaller> {
    if (this.isInHeaders(request) || hasSecret) return { identity: undefined, isService: true };
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined || !this.tokens.areConfigured) return { identity: undefined, isService: false };
    return { ...(await this.tokens.identify(token, request)), isService: false };
  }

  /** Checks all values even after a match, in a time that does not tell where it was. */
  private isInHeaders({ rawHeaders }: IncomingMessage): boolean {
    let isFound = false;
    for (let index = 1; index < rawHeaders.length; index += 2)
      isFound = this.secret.isIn(rawHeaders[index]!) || isFound;
    return isFound;
  }
}
