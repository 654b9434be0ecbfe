import { Injectable, Logger } from '@nestjs/common';
import { createServer, type Server } from 'node:http';
import type { Startable, Stoppable } from '../base/lifetime.js';
import { LimitsSettings } from '../config/sections/limits.settings.js';
import { OperatorsSettings } from '../config/sections/operators/operators.settings.js';
import { Listeners } from '../connection/upgrade/listeners.js';
import { serverUrl } from '../connection/upgrade/server-url.js';
import { inTurn } from '../endpoints/in-turn.js';
import { OperatorsFront } from './operators-front.js';
import { OperatorsPortError } from './operators-port.error.js';

/** Operators are few. */
const MAX_CONNECTIONS = 256;
const MAX_CHECKING_INTERVAL_MS = 1_000;

/** Serves what is for operators on a port of their own, where there is one, as long as the gateway lasts. */
@Injectable()
export class OperatorsServer implements Startable, Stoppable {
  private readonly logger = new Logger('Kittiwake');
  private server: Server | undefined;

  constructor(
    private readonly settings: OperatorsSettings,
    private readonly limits: LimitsSettings,
    private readonly listeners: Listeners,
    private readonly front: OperatorsFront,
  ) {}

  /** @throws {OperatorsPortError} */
  async start(): Promise<void> {
    const { enabled, port, host } = this.settings;
    if (!enabled || port === undefined) return;
    this.server = this.create();
    try {
      await this.listeners.listen(this.server, { name: 'operators', host, port });
    } catch (cause) {
      throw new OperatorsPortError(`${host}:${port}`, cause);
    }
    this.logger.log(`what is for operators is at ${serverUrl(this.server)}`);
  }

  stop(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  /** The address that it listens on; nothing where there is no such port. */
  get url(): string | undefined {
    return this.server?.listening ? serverUrl(this.server) : undefined;
  }

  /** Makes the server, which closes connections that send too slowly, or nothing, or do not read. */
  private create(): Server {
    const timeoutMs = this.limits.handshakeTimeoutMs;
    const server = createServer(
      {
        headersTimeout: timeoutMs,
        requestTimeout: timeoutMs,
        connectionsCheckingInterval: Math.min(timeoutMs, MAX_CHECKING_INTERVAL_MS),
      },
      (request, response) => inTurn(request, response, () => this.front.serve(request, response, timeoutMs)),
    );
    server.maxConnections = MAX_CONNECTIONS;
    return server;
  }
}
