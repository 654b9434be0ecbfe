import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { CallOrigin } from '../../procedures/procedure-call.js';
import { BearerTokens } from '../bearer-tokens.js';
import { type RpcTarget, targetOf } from './target.js';
import { ServiceSecret } from '../service-secret.js';

const BEARER = /^Bearer +(\S+) *$/i;

/** Who sent a request. */
export interface RpcCaller extends Pick<CallOrigin, 'identity' | 'isService'> {
  /** When its token loses its force, in milliseconds since the epoch, if it does. */
  readonly expiresAtMs?: number | undefined;
}

/** Who calls over HTTP: somebody with the service secret, the bearer of a token, or anybody. */
@Injectable()
export class RpcCallers {
  constructor(
    private readonly secret: ServiceSecret,
    private readonly tokens: BearerTokens,
  ) {}

  /** What a request is for; nothing when there is nothing to serve. */
  targetOf({ url = '/' }: IncomingMessage, prefix: string): RpcTarget | undefined {
    return targetOf(url, prefix, this.secret);
  }

  /**
   * Who sent a request. The secret is looked for in the path and in the value of every header, a token in
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

  /** Looks at all values, wherever one has it. */
  private isInHeaders({ rawHeaders }: IncomingMessage): boolean {
    let isFound = false;
    for (let index = 1; index < rawHeaders.length; index += 2)
      isFound = this.secret.isIn(rawHeaders[index]!) || isFound;
    return isFound;
  }
}
