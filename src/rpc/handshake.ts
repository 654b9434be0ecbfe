import { Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Authenticated } from '../auth/authenticated.js';
import { TOO_MANY_FAILURES } from '../auth/failed-authentications.js';
import { ProceduresSettings } from '../config/sections/procedures/procedures.settings.js';
import type { Admission, HandshakeRefusal } from '../connection/endpoint/admission.js';
import type { AddressedRequest } from '../connection/client-address.js';
import { pathOf } from '../connection/upgrade/request-path.js';
import { isVersionSpoken, UPGRADE_REQUIRED } from '../connection/upgrade/web-socket-version.js';
import { LogLine } from '../metrics/log-line.js';
import { Refusals } from '../metrics/refusals.js';
import { ClientError, CallbackError } from '../protocol/errors.js';
import { HANDSHAKE_REASONS } from '../protocol/handshake-refusals.js';
import { BY_GATEWAY, verdictOn } from '../protocol/verdict.js';
import { BearerTokens } from './bearer-tokens.js';
import { TOKEN_PATH, tokenOf } from './token-of.js';

/** The part of a request that a handshake reads; an `IncomingMessage` has it. */
export interface HandshakeRequest extends AddressedRequest {
  readonly method?: string | undefined;
  /** The path; a query is ignored. */
  readonly url?: string | undefined;
}

const headers = { 'WWW-Authenticate': 'Token realm="shirow"' };

/**
 * Admits clients that connect to call procedures, and refuses all others: an upgrade by {@link admit}, and with the
 * same statuses a plain request by {@link answerTo}, which Shirow's client sends to learn why its connection failed.
 * All answers have empty bodies.
 */
@Injectable()
export class RpcHandshake {
  private readonly logger = new Logger('Procedures');
  private readonly base: string;
  private isUnconfiguredTold = false;

  constructor(
    private readonly tokens: BearerTokens,
    { path }: ProceduresSettings,
    private readonly refusals: Refusals,
  ) {
    this.base = path;
  }

  /** Whether clients connect at a path (without its query): `/rpc` or `/rpc/token/<token>`. */
  isFor(path: string): boolean {
    return (
      path === this.base || (path.startsWith(this.base) && TOKEN_PATH.test(path.slice(this.base.length)))
    );
  }

  /** As {@link Admit}; the admitted value is an {@link Authenticated}. */
  async admit(request: IncomingMessage): Promise<Admission> {
    const found = await this.authenticate(request);
    return 'status' in found ? { refusal: found } : { admitted: found };
  }

  /**
   * The answer to a request that does not become a WebSocket: 405 unless it is a GET, 401 without a token or with a
   * refused one, 429 when too many from its address were refused, 500 without a key to verify it, 503 when the keys
   * could not be fetched. With a valid token: 426 for an upgrade to a version of WebSocket that is not spoken, else
   * 400.
   * @param request for a path of {@link isFor}; for others the answer is 404.
   */
  async answerTo(request: HandshakeRequest): Promise<HandshakeRefusal> {
    const refusal = await this.refusalOf(request);
    const { kind, status, why } = refusal;
    const what = `a request for ${this.base}`;
    const peer = request.socket?.remoteAddress;
    this.refusals.add({ peer }, { kind, what, why: `${status}, ${why}`, by: BY_GATEWAY });
    return refusal;
  }

  private async refusalOf(request: HandshakeRequest): Promise<HandshakeRefusal> {
    if (!this.isFor(pathOf(request) ?? '')) return HANDSHAKE_REASONS.pathNotFound;
    const found = await this.authenticate(request);
    if ('status' in found) return found;
    const { upgrade, 'sec-websocket-version': version } = request.headers;
    const isUpgrade = upgrade?.toLowerCase() === 'websocket' && !isVersionSpoken(version);
    return isUpgrade
      ? { ...HANDSHAKE_REASONS.versionNotSpoken, headers: UPGRADE_REQUIRED }
      : HANDSHAKE_REASONS.notAWebSocket;
  }

  private async authenticate(request: HandshakeRequest): Promise<Authenticated | HandshakeRefusal> {
    if (request.method !== 'GET') return { ...HANDSHAKE_REASONS.methodNotAllowed, headers: { Allow: 'GET' } };
    const token = tokenOf(pathOf(request) ?? '', this.base, request.headers);
    if (token === undefined) return { ...HANDSHAKE_REASONS.tokenMissing, headers };
    if (!this.tokens.areConfigured) {
      this.tellUnconfigured();
      return HANDSHAKE_REASONS.keyMissing;
    }
    try {
      return await this.tokens.identify(token, request);
    } catch (error) {
      if (error instanceof ClientError && error.code === TOO_MANY_FAILURES)
        return HANDSHAKE_REASONS.tooManyFailures;
      if (error instanceof ClientError)
        return { ...HANDSHAKE_REASONS.tokenRefused, why: verdictOn(error).why, headers };
      if (error instanceof CallbackError) return HANDSHAKE_REASONS.keysUnavailable;
      this.logger.error(LogLine.fault({ peer: request.socket?.remoteAddress }, error));
      return HANDSHAKE_REASONS.defect;
    }
  }

  private tellUnconfigured(): void {
    if (this.isUnconfiguredTold) return;
    this.isUnconfiguredTold = true;
    this.logger.warn('clients are refused that have a token: there is no key to verify it with (auth.jwt)');
  }
}
