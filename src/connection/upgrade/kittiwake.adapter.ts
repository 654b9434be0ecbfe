import { type INestApplicationContext, Logger } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { stackOf } from '../../base/message-of.js';
import { Metrics } from '../../metrics/metrics.js';
import { HANDSHAKE_REASONS } from '../../protocol/handshake-refusals.js';
import { Connections } from '../connections.js';
import { Endpoint } from '../endpoint.js';
import { Endpoints } from '../endpoints.js';
import { isWebSocket, serveWithoutUpgrade } from './plain-request.js';
import { pathOf } from './request-path.js';
import { claimOf, Unclaimed } from './unclaimed.js';
import { refuseUpgrade, Upgrades } from './upgrades.js';

const MAIN_PORT = 0;

/** The options of Nest's own adapter. */
type WsAdapterOptions = ConstructorParameters<typeof WsAdapter>[1];

/**
 * Nest's WebSocket adapter for an app that imports Kittiwake: `app.useWebSocketAdapter(new KittiwakeAdapter(app))`.
 *
 * Kittiwake's own gateways get lean connections whose frames are handled in order; other gateways of the app work as
 * with {@link WsAdapter}. On the port of the app it owns the HTTP upgrade, and paths of other gateways go first.
 */
export class KittiwakeAdapter extends WsAdapter {
  private readonly endpoints: Endpoints;
  private readonly upgrades: Upgrades;
  private readonly unclaimed: Unclaimed;
  private readonly ownLogger = new Logger(KittiwakeAdapter.name);
  private upgradeServer: Server | undefined;

  /**
   * @param options as {@link WsAdapter} takes them; they are for the other gateways of the app.
   * @throws when no module of the app imports Kittiwake.
   */
  constructor(app: INestApplicationContext, options?: WsAdapterOptions) {
    super(app, options);
    this.endpoints = endpointsOf(app);
    const connections = app.get(Connections, { strict: false });
    this.upgrades = new Upgrades(connections, app.get(Metrics, { strict: false }));
    this.unclaimed = new Unclaimed(connections.settings.handshakeTimeoutMs);
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
    this.unclaimed.refuseAll();
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
    if (!isWebSocket(request)) this.serveWithoutUpgrade(request, socket, head);
    else {
      const path = pathOf(request);
      if (path === undefined) this.upgrades.refuseUnserved(request, socket, HANDSHAKE_REASONS.badTarget);
      else this.upgradeTo(path, request, socket, head);
    }
  };

  private upgradeTo(path: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const other = this.wsServersRegistry.get(MAIN_PORT)?.find((server) => server.path === path);
    const endpoint = this.endpoints.match(path);
    if (other) this.handOver(other as WebSocketServer, request, socket, head);
    else if (endpoint) this.upgrades.accept(endpoint, request, socket, head);
    else if (this.isAlone)
      this.upgrades.refuseUnserved(request, socket, HANDSHAKE_REASONS.pathNotFound, path);
    else this.unclaimed.wait(socket);
  }

  /** To a gateway of the app: what its code throws ends this one socket, not the process. */
  private handOver(other: WebSocketServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    try {
      other.handleUpgrade(request, socket, head, (client) => this.connected(other, client, request));
    } catch (error) {
      this.tellFault(error, request);
      refuseUpgrade(socket, { status: 500 });
    }
  }

  private connected(other: WebSocketServer, client: WebSocket, request: IncomingMessage): void {
    try {
      other.emit('connection', client, request);
    } catch (error) {
      this.tellFault(error, request);
      client.terminate();
    }
  }

  private tellFault(error: unknown, { url }: IncomingMessage): void {
    const [path] = url!.split('?', 1);
    this.ownLogger.error(`a gateway of the app failed on a handshake for ${path}: ${stackOf(error)}`);
  }

  /** Others that listen may have taken it by the next turn. */
  private serveWithoutUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const serve = (): void => serveWithoutUpgrade(this.upgradeServer!, request, socket, head);
    const isClaimed = claimOf(socket);
    if (this.isAlone) serve();
    else setImmediate(() => isClaimed() || serve());
  }
}

function endpointsOf(app: INestApplicationContext): Endpoints {
  try {
    return app.get(Endpoints, { strict: false });
  } catch (cause) {
    throw new Error('KittiwakeAdapter is for an app that imports KittiwakeModule.forRoot(…)', { cause });
  }
}
