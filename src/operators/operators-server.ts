import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Settings } from '../config/settings.js';
import { Listeners } from '../connection/upgrade/listeners.js';
import { MainServer } from '../connection/upgrade/main-server.js';
import { inTurn } from '../endpoints/in-turn.js';
import type { OperatorEndpoint } from '../endpoints/operator-endpoint.js';
import { OperatorEndpoints } from './operator-endpoints.js';
import { OperatorsPortError } from './operators-port.error.js';

/** Operators are few. */
const MAX_CONNECTIONS = 256;
const MAX_CHECKING_INTERVAL_MS = 1_000;

/** Serves what is for operators on a port of their own, where there is one, as long as the gateway lasts. */
@Injectable()
export class OperatorsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Kittiwake');
  private server: Server | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly endpoints: OperatorEndpoints,
    private readonly listeners: Listeners,
    private readonly main: MainServer,
  ) {}

  /** @throws {OperatorsPortError} */
  async onApplicationBootstrap(): Promise<void> {
    const { enabled, port, host } = this.settings.operators;
    if (!enabled || port === undefined) return;
    this.server = this.create();
    try {
      await this.listeners.listen(this.server, { name: 'operators', host, port });
    } catch (cause) {
      throw new OperatorsPortError(`${host}:${port}`, cause);
    }
    this.logger.log(`what is for operators is at ${urlOf(this.server)}`);
  }

  onApplicationShutdown(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  /** The address that it listens on; nothing where there is no such port. */
  get url(): string | undefined {
    return this.server?.listening ? urlOf(this.server) : undefined;
  }

  /** Makes the server, which closes connections that send too slowly, or nothing, or do not read. */
  private create(): Server {
    const timeoutMs = this.settings.limits.handshakeTimeoutMs;
    const server = createServer(
      {
        headersTimeout: timeoutMs,
        requestTimeout: timeoutMs,
        connectionsCheckingInterval: Math.min(timeoutMs, MAX_CHECKING_INTERVAL_MS),
      },
      (request, response) => inTurn(request, response, () => this.serve(request, response)),
    );
    server.maxConnections = MAX_CONNECTIONS;
    return server;
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const endpoint = this.endpoints.find(path);
    if (endpoint) void this.answer(endpoint, request, response);
    // Where the page is, it finds what it calls.
    else if (this.settings.procedures?.http.page) this.main.server?.emit('request', request, response);
    else response.writeHead(404).end();
  }

  private async answer(
    endpoint: OperatorEndpoint,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    response.setTimeout(this.settings.limits.handshakeTimeoutMs);
    const place = { prefix: '', base: '', mainUrl: this.mainUrl };
    const answer = await this.endpoints.answer(endpoint, place, request, response);
    if (!answer) return;
    const { status, headers, body } = answer;
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body);
  }

  private get mainUrl(): string | undefined {
    const { server } = this.main;
    return server?.listening ? urlOf(server) : undefined;
  }
}

/** The URL at which a server can be reached from this machine. */
function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  const host = address === '0.0.0.0' || address === '::' ? 'localhost' : address;
  const name = family === 'IPv6' && host === address ? `[${address}]` : host;
  return `${server instanceof TlsServer ? 'https' : 'http'}://${name}:${port}`;
}
