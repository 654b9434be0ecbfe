import { Injectable } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { HANDSHAKE_REASONS } from '../../protocol/handshake-refusals.js';
import { Endpoints } from '../endpoint/endpoints.js';
import { isWebSocket, serveWithoutUpgrade } from './plain-request.js';
import { pathOf } from './request-path.js';
import { claimOf } from './unclaimed.js';
import { Upgrades } from './upgrades.js';

const CUT_OFF =
  "Nest's WsAdapter cuts off the clients of all paths but those of the app's own gateways, Kittiwake's among them: " +
  'call app.useWebSocketAdapter(new KittiwakeAdapter(app)) before app.listen()';

/** The app's own gateways on its port. */
export interface AppGateways {
  /** Takes a handshake. @returns whether it is for one of them. */
  take(path: string, request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
}

/**
 * Routes the upgrades of the app's HTTP server: to a gateway of the app, to an endpoint of Kittiwake, to other
 * listeners, or to nothing, with a refusal.
 */
@Injectable()
export class UpgradeRouter {
  /** The gateways on `KittiwakeAdapter`, whose paths take precedence. */
  appGateways: AppGateways | undefined;
  private server: Server | undefined;

  constructor(
    private readonly config: ApplicationConfig,
    private readonly endpoints: Endpoints,
    private readonly upgrades: Upgrades,
  ) {}

  /** Takes upgrades from here on. @throws when clients would be cut off. */
  start(server: Server): void {
    if (this.isCutOff(server)) throw new Error(CUT_OFF);
    this.server = server;
    server.on('upgrade', this.route);
  }

  /** Takes no more upgrades, and answers those that still wait. */
  stop(): void {
    this.server?.off('upgrade', this.route);
    this.upgrades.stop();
  }

  /** Nest's WsAdapter ends all sockets that are for none of its gateways, and listens as soon as there is one. */
  private isCutOff(server: Server): boolean {
    const isStock = !this.appGateways && this.config.getIoAdapter() instanceof WsAdapter;
    return isStock && server.listenerCount('upgrade') > 0;
  }

  /** Whether no other listener may take an upgrade that is for no endpoint. */
  private get isAlone(): boolean {
    return this.server?.listenerCount('upgrade') === 1;
  }

  private readonly route = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (!isWebSocket(request)) this.serveWithoutUpgrade(request, socket, head);
    else {
      const path = pathOf(request);
      if (path === undefined) this.upgrades.refuseUnserved(request, socket, HANDSHAKE_REASONS.badTarget);
      else this.upgradeTo(path, request, socket, head);
    }
  };

  private upgradeTo(path: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.appGateways?.take(path, request, socket, head)) return;
    const endpoint = this.endpoints.match(path);
    if (endpoint) this.upgrades.accept(endpoint, request, socket, head);
    else if (this.isAlone)
      this.upgrades.refuseUnserved(request, socket, HANDSHAKE_REASONS.pathNotFound, path);
    else this.upgrades.leave(socket);
  }

  /** Waits for the next turn where there are other listeners, which may have taken the request by then. */
  private serveWithoutUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const serve = (): void => serveWithoutUpgrade(this.server!, request, socket, head);
    const isClaimed = claimOf(socket);
    if (this.isAlone) serve();
    else setImmediate(() => isClaimed() || serve());
  }
}
