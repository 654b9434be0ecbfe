import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { ConnectGuards } from '../../clients/admitting/connect-guards.js';
import type { LogParty } from '../../metrics/log-line.js';
import { Refusals } from '../../metrics/refusals.js';
import type { CallOrigin } from '../../procedures/procedure-call.js';
import type { ClientError } from '../../protocol/errors.js';
import { verdictOn } from '../../protocol/verdict.js';
import { BearerTokens } from '../bearer-tokens.js';
import { ServiceSecret } from '../service-secret.js';
import type { RpcFront } from './front.js';
import { type RpcTarget, targetOf } from './target.js';

const BEARER = /^Bearer +(\S+) *$/i;

/** The caller of a procedure over HTTP. */
export interface RpcCaller extends Pick<CallOrigin, 'identity' | 'isService'> {
  /** Expiry of its token, milliseconds since the epoch; absent without one. */
  readonly expiresAtMs?: number | undefined;
}

/** A caller, as lines of the log name it. */
export type RpcParty = LogParty & { readonly peer: string };

/** Callers over HTTP, who are identified by the service secret, by a token, or as anonymous, and what they are refused. */
@Injectable()
export class RpcCallers {
  constructor(
    private readonly secret: ServiceSecret,
    private readonly tokens: BearerTokens,
    private readonly guards: ConnectGuards,
    private readonly refusals: Refusals,
  ) {}

  /** As lines of the log name who sends a request. */
  partyOf({ socket }: IncomingMessage, { transport }: Pick<RpcFront, 'transport'>): RpcParty {
    return { peer: transport === 'unix' ? 'unix-domain' : addressOf(socket.remoteAddress) };
  }

  /** Counts and logs that a caller was refused. */
  refused(party: RpcParty, error: ClientError): void {
    this.refusals.add(party, { kind: error.code, what: 'a call over HTTP', ...verdictOn(error) });
  }

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

  /**
   * Has the app asked whether a client may call, as it is before one connects. Services, and what is on this machine, may.
   * @throws {Denial} when it may not.
   */
  async letIn(request: IncomingMessage, { isForClients }: RpcFront, { isService }: RpcCaller): Promise<void> {
    if (isForClients && !isService) await this.guards.check('procedures', request);
  }

  /** Checks all values even after a match, in a time that does not tell where it was. */
  private isInHeaders({ rawHeaders }: IncomingMessage): boolean {
    let isFound = false;
    for (let index = 1; index < rawHeaders.length; index += 2)
      isFound = this.secret.isIn(rawHeaders[index]!) || isFound;
    return isFound;
  }
}

/** Shortens an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), as a dual-stack port reports it. */
function addressOf(address = ''): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}
