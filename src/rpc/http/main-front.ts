import { Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { stackOf } from '../../base/message-of.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import { AllowedOrigins, type PageRights } from '../../endpoints/allowed-origins.js';
import { type BodyRequest, readBefore } from '../../endpoints/body.js';
import { inTurn } from '../../endpoints/in-turn.js';
import { RpcHandshake } from '../handshake.js';
import { KEPT_CALLS } from './kept-target.js';
import { RpcHttp } from './rpc-http.js';

type HttpRequest = IncomingMessage & BodyRequest;

/** The requests that come in on the port of the app, from pages as well: calls, and plain ones for the WebSocket. */
@Injectable()
export class MainFront {
  private readonly logger = new Logger('Procedures');

  constructor(
    private readonly settings: ProceduresSettings,
    private readonly handshake: RpcHandshake,
    private readonly rpc: RpcHttp,
    private readonly origins: AllowedOrigins,
  ) {}

  /** @returns whether it answers the request; all others are for somebody else. */
  takes(request: HttpRequest, response: ServerResponse): boolean {
    const { path: base, http } = this.settings;
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    if (this.handshake.isFor(path)) inTurn(request, response, () => void this.shake(request, response));
    else if (http.enabled && isCall(path, base))
      inTurn(request, response, () => this.call(request, response));
    else return false;
    return true;
  }

  /** Answers a plain request for the path of the WebSocket as the handshake would. */
  private async shake(request: HttpRequest, response: ServerResponse): Promise<void> {
    try {
      const { status, headers } = await this.handshake.answerTo(request);
      response.writeHead(status, { 'Content-Length': '0', ...headers }).end();
    } catch (error) {
      this.logger.error(stackOf(error));
      response.destroy();
    }
  }

  private rightsFor({ url = '' }: HttpRequest): PageRights {
    return url.startsWith(`${this.settings.path}/${KEPT_CALLS}/`) ? TO_KEPT : TO_CALL;
  }

  private call(request: HttpRequest, response: ServerResponse): void {
    if (this.origins.allow(request, response, this.rightsFor(request))) return;
    const [prefix, body] = [this.settings.path, readBefore(request)];
    const front = { prefix, transport: 'tcp', isForOneRequest: false, isForClients: true, body } as const;
    void this.rpc.handle(request, response, front);
  }
}

/** Kept calls can be ended, too. */
const TO_CALL: PageRights = { methods: 'GET, POST', withCredentials: false };
const TO_KEPT: PageRights = { ...TO_CALL, methods: 'GET, POST, DELETE' };

/** Whether a path is that of a procedure; those below `token` are for handshakes. */
function isCall(path: string, base: string): boolean {
  return path.startsWith(`${base}/`) && path !== `${base}/` && !path.startsWith(`${base}/token/`);
}
