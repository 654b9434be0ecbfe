import { Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ProceduresSettings } from '../config/sections/procedures/procedures.settings.js';
import { MainServer } from '../connection/upgrade/main-server.js';
import { sendEvents } from '../endpoints/send-events.js';
import type { OperatorEndpoint } from '../endpoints/operator-endpoint.js';
import { OperatorEndpoints } from './operator-endpoints.js';

/** The requests that come in on the port of operators. */
@Injectable()
export class OperatorsFront {
  constructor(
    private readonly endpoints: OperatorEndpoints,
    private readonly procedures: ProceduresSettings,
    private readonly main: MainServer,
  ) {}

  /** @param timeoutMs after which a client that does not read is sent away. */
  serve(request: IncomingMessage, response: ServerResponse, timeoutMs: number): void {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const endpoint = this.endpoints.find(path);
    if (endpoint) {
      response.setTimeout(timeoutMs);
      void this.answer(endpoint, request, response);
    }
    // Where the page is, it finds what it calls.
    else if (this.procedures.http.page) this.main.server?.emit('request', request, response);
    else response.writeHead(404).end();
  }

  private async answer(
    endpoint: OperatorEndpoint,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const place = { prefix: '', base: '', mainUrl: this.main.url };
    const answer = await this.endpoints.answer(endpoint, place, { request, response });
    if (!answer) return;
    const { status, headers, body } = answer;
    if (typeof body === 'function') {
      response.writeHead(status, headers);
      return sendEvents(response, body);
    }
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body);
  }
}
