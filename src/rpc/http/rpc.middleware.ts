import { Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isConfigured } from '../../config/configured.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import type { BodyRequest } from '../../endpoints/body.js';
import { inTurn } from '../../endpoints/in-turn.js';
import { RpcHandshake } from '../handshake.js';
import { MainFront } from './main-front.js';

type HttpRequest = IncomingMessage & BodyRequest;
type Next = () => void;

/**
 * Serves procedures over HTTP on the port of the app, on Express and Fastify. It comes before middleware that parses
 * bodies or logs paths: bodies are read as they come, and the service secret may be in a path. So it is no controller,
 * and the app's global prefix does not apply to its path, just as it does not to that of WebSockets.
 */
@Injectable()
export class RpcMiddleware {
  private readonly logger = new Logger('Procedures');

  constructor(
    { httpAdapter }: HttpAdapterHost,
    settings: ProceduresSettings,
    private readonly front: MainFront,
    private readonly handshake: RpcHandshake,
  ) {
    if (!isConfigured(settings)) return;
    // An app without HTTP has no adapter.
    httpAdapter?.use((request: HttpRequest, response: ServerResponse, next: Next) =>
      this.handle(settings, request, response, next),
    );
  }

  private handle(
    { path: base, http }: ProceduresSettings,
    request: HttpRequest,
    response: ServerResponse,
    next: Next,
  ): void {
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    if (this.handshake.isFor(path)) inTurn(request, response, () => void this.shake(request, response));
    else if (!http.enabled || !isCall(path, base)) next();
    else inTurn(request, response, () => this.front.call(base, request, response));
  }

  /** Answers a plain request for the path of the WebSocket as the handshake would. */
  private async shake(request: HttpRequest, response: ServerResponse): Promise<void> {
    try {
      const { status, headers } = await this.handshake.answerTo(request);
      response.writeHead(status, { 'Content-Length': '0', ...headers }).end();
    } catch (error) {
      this.logger.error(error);
      response.destroy();
    }
  }
}

/** Whether a path is that of a procedure; those below `token` are for handshakes. */
function isCall(path: string, base: string): boolean {
  return path.startsWith(`${base}/`) && path !== `${base}/` && !path.startsWith(`${base}/token/`);
}
