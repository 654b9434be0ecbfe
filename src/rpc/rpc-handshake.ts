import { Injectable, Logger } from '@nestjs/common';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Authenticated } from '../auth/authenticated.js';
import { ProceduresSettings } from '../config/procedures.settings.js';
import { Settings } from '../config/settings.js';
import type { Admission, HandshakeRefusal } from '../connection/admission.js';
import { pathOf } from '../connection/request-path.js';
import { isVersionSpoken, UPGRADE_REQUIRED } from '../connection/web-socket-version.js';
import { ClientError, CallbackError } from '../protocol/errors.js';
import { BearerTokens } from './bearer-tokens.js';
import { TOKEN_PATH, tokenOf } from './token-of.js';

/** What is looked at of a request. Node's own requests are such. */
export interface HandshakeRequest {
  readonly method?: string | undefined;
  /** The path, perhaps with a query, which is ignored. */
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

const UNAUTHORIZED: HandshakeRefusal = {
  status: 401,
  headers: { 'WWW-Authenticate': 'Token realm="shirow"' },
};

/**
 * Who may open a connection to call procedures, and what everybody else is answered: over WebSocket by {@link admit}, and
 * the same to a plain request by {@link answerTo}, which Shirow's client sends to find out why its connection failed.
 * All answers have empty bodies.
 */
@Injectable()
export class RpcHandshake {
  private readonly logger = new Logger('RpcHandshake');
  private readonly base: string;
  private isUnconfiguredTold = false;

  constructor(
    private readonly tokens: BearerTokens,
    { procedures }: Settings,
  ) {
    this.base = (procedures ?? new ProceduresSettings()).path;
  }

  /** Whether a path, without its query, is one where clients connect: `/rpc` or `/rpc/token/<token>`. */
  isFor(path: string): boolean {
    return (
      path === this.base || (path.startsWith(this.base) && TOKEN_PATH.test(path.slice(this.base.length)))
    );
  }

  /** See {@link Admit}. What is admitted is an {@link Authenticated}. */
  async admit(request: IncomingMessage): Promise<Admission> {
    const found = await this.authenticate(request);
    return 'status' in found ? { refusal: found } : { admitted: found };
  }

  /**
   * What a request is answered that is no upgrade: 405 unless it is a GET, 401 without a token or with one that is
   * refused, 500 without a key to verify it with, 503 when the keys could not be fetched. With a good token: 426 when it
   * is an upgrade without a version that is spoken, else 400.
   * @param request for one of the paths of {@link isFor}; for others it is 404.
   */
  async answerTo(request: HandshakeRequest): Promise<HandshakeRefusal> {
    if (!this.isFor(pathOf(request) ?? '')) return { status: 404 };
    const found = await this.authenticate(request);
    if ('status' in found) return found;
    const { upgrade, 'sec-websocket-version': version } = request.headers;
    const isUpgrade = upgrade?.toLowerCase() === 'websocket' && !isVersionSpoken(version);
    return isUpgrade ? { status: 426, headers: UPGRADE_REQUIRED } : { status: 400 };
  }

  private async authenticate(request: HandshakeRequest): Promise<Authenticated | HandshakeRefusal> {
    if (request.method !== 'GET') return { status: 405, headers: { Allow: 'GET' } };
    const token = tokenOf(pathOf(request) ?? '', this.base, request.headers);
    if (token === undefined) return UNAUTHORIZED;
    if (!this.tokens.areConfigured) {
      this.tellUnconfigured();
      return { status: 500 };
    }
    try {
      return await this.tokens.identify(token);
    } catch (error) {
      if (error instanceof ClientError) return UNAUTHORIZED;
      if (error instanceof CallbackError) return { status: 503 };
      this.logger.error(error instanceof Error ? error.stack : error);
      return { status: 500 };
    }
  }

  private tellUnconfigured(): void {
    if (this.isUnconfiguredTold) return;
    this.isUnconfiguredTold = true;
    this.logger.warn('clients are refused that have a token: there is no key to verify it with (auth.jwt)');
  }
}
