import type { INestApplicationContext } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocketServer } from 'ws';
import { Metrics } from '../metrics/metrics.js';
import { Connections } from './connections.js';
import { Endpoint } from './endpoint.js';
import { Endpoints } from './endpoints.js';
import { isWebSocket, serveWithoutUpgrade } from './plain-request.js';
import { refuseUpgrade, Upgrades } from './upgrades.js';

const MAIN_PORT = 0;

/**
 * Nest's WebSocket adapter for an app that imports Kittiwake: `app.useWebSocketAdapter(new KittiwakeAdapter(app))`.
 *
 * Kittiwake's own gateways get lean connections whose frames are handled in order; other gateways of the app work as
 * with {@link WsAdapter}. On the port of the app it owns the HTTP upgrade, and paths of other gateways go first.
 */
export class KittiwakeAdapter extends WsAdapter {
  private readonly endpoints: Endpoints;
  private readonly upgrades: Upgrades;
  private upgradeServer: Server | undefined;

  /** @throws when no module of the app imports Kittiwake. */
  constructor(app: INestApplicationContext) {
    super(app);
    this.endpoints = endpointsOf(app);
    this.upgrades = new Upgrades(
      app.get(Connections, { strict: false }),
      app.get(Metrics, { strict: false }),
    );
  }

  override create(port: number, options: Record<string, unknown> & { path?: string }): Endpoint {
    const endpoint = this.endpoints.find(options.path);
    if (!endpoint) return super.create(port, options as never) as Endpoint;
    this.ensureHttpServerExists(MAIN_PORT, this.httpServer as Server);
    return endpoint;
  }

  /** An {@link Endpoint} tells its gateway by itself. */
  override bindClientConnect(server: Endpoint | WebSocketServer, connected: (client: unknown) => void): void {
    if (!(server instanceof Endpoint)) super.bindClientConnect(server, connected);
  }

  /** Kittiwake's connections are drained before Nest closes its servers; the others are Nest's to close. */
  override async close(server: Endpoint | WebSocketServer): Promise<void> {
    if (!(server instanceof Endpoint)) await super.close(server);
  }

  override async dispose(): Promise<void> {
    this.upgradeServer?.off('upgrade', this.upgrade);
    await super.dispose();
  }

  protected override ensureHttpServerExists(port: number, httpServer?: Server): Server | undefined {
    if (port !== MAIN_PORT || httpServer === undefined) return super.ensureHttpServerExists(port, httpServer);
    if (this.upgradeServer === undefined) {
      this.upgradeServer = httpServer;
      httpServer.on('upgrade', this.upgrade);
    }
    return httpServer;
  }

  /** Whether nobody else may take what is none of ours. */
  private get isAlone(): boolean {
    return this.upgradeServer?.listenerCount('upgrade') === 1;
  }

  private readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (this.upgradeServer && this.isAlone && !isWebSocket(request)) {
      serveWithoutUpgrade(this.upgradeServer, request, socket, head);
      return;
    }
    const path = request.url?.split('?', 1)[0] ?? '/';
    const other = this.wsServersRegistry.get(MAIN_PORT)?.find((server) => server.path === path);
    const endpoint = this.endpoints.match(path);
    if (other)
      other.handleUpgrade(request, socket, head, (client: unknown) =>
        other.emit('connection', client, request),
      );
    else if (endpoint) this.upgrades.accept(endpoint, request, socket, head);
    else if (this.isAlone) refuseUpgrade(socket, { status: 404 });
  };
}

function endpointsOf(app: INestApplicationContext): Endpoints {
  try {
    return app.get(Endpoints, { strict: false });
  } catch (cause) {
    throw new Error('KittiwakeAdapter is for an app that imports KittiwakeModule.forRoot(…)', { cause });
  }
}
