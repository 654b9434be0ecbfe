import { type INestApplicationContext, Logger } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { stackOf } from '../../base/message-of.js';
import { LogLine } from '../../metrics/log-line.js';
import { refuseUpgrade } from './refuse-upgrade.js';
import { type AppGateways, UpgradeRouter } from './upgrade-router.js';

const MAIN_PORT = 0;

/** The options of Nest's own adapter. */
type WsAdapterOptions = ConstructorParameters<typeof WsAdapter>[1];

/**
 * Nest's WebSocket adapter for an app that has gateways of its own beside Kittiwake:
 * `app.useWebSocketAdapter(new KittiwakeAdapter(app))`. They work as with {@link WsAdapter}, which would cut off the
 * clients of everybody else on the port of the app. An app without gateways of its own needs none.
 */
export class KittiwakeAdapter extends WsAdapter implements AppGateways {
  private readonly ownLogger = new Logger('Connections');

  /**
   * @param options as {@link WsAdapter} takes them.
   * @throws when no module of the app imports Kittiwake.
   */
  constructor(app: INestApplicationContext, options?: WsAdapterOptions) {
    super(app, options);
    routerOf(app).appGateways = this;
  }

  /** See {@link AppGateways.take}. An error of the app's code ends this one socket, not the process. */
  take(path: string, request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const found = this.wsServersRegistry.get(MAIN_PORT)?.find((server) => server.path === path);
    if (!found) return false;
    const server = found as WebSocketServer;
    try {
      server.handleUpgrade(request, socket, head, (client) => this.connected(server, client, request));
    } catch (error) {
      this.tellFault(error, request);
      refuseUpgrade(socket, { status: 500 });
    }
    return true;
  }

  /** The upgrades on the port of the app are the router's. */
  protected override ensureHttpServerExists(port: number, httpServer?: Server): Server | undefined {
    return port === MAIN_PORT && httpServer ? httpServer : super.ensureHttpServerExists(port, httpServer);
  }

  private connected(server: WebSocketServer, client: WebSocket, request: IncomingMessage): void {
    try {
      server.emit('connection', client, request);
    } catch (error) {
      this.tellFault(error, request);
      client.terminate();
    }
  }

  private tellFault(error: unknown, { url, socket }: IncomingMessage): void {
    const [path] = url!.split('?', 1);
    const text = `a gateway of the app failed on a handshake for ${path}: ${stackOf(error)}`;
    this.ownLogger.error(new LogLine({ peer: socket.remoteAddress }, () => text));
  }
}

function routerOf(app: INestApplicationContext): UpgradeRouter {
  try {
    return app.get(UpgradeRouter, { strict: false });
  } catch (cause) {
    throw new Error('KittiwakeAdapter is for an app that imports KittiwakeModule.forRoot(…)', { cause });
  }
}
