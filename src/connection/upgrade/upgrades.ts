import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { Injectable } from '@nestjs/common';
import { HANDSHAKE_REASONS, type HandshakeReason } from '../../protocol/handshake-refusals.js';
import type { HandshakeRefusal } from '../endpoint/admission.js';
import { Connection } from '../connection.js';
import { Connections } from '../connections.js';
import type { Denial } from '../endpoint/denial.js';
import type { Endpoint } from '../endpoint/endpoint.js';
import { Arrival } from '../entrance/arrival.js';
import { Entrance } from '../entrance/entrance.js';
import { Compression } from './compression.js';
import { inflaterOf } from './inflater.js';
import { refuseUpgrade } from './refuse-upgrade.js';
import { Unclaimed } from './unclaimed.js';
import { isVersionSpoken, UPGRADE_REQUIRED } from './web-socket-version.js';
import { WebSocketTransport } from './web-socket.transport.js';

/** Turns HTTP upgrades into connections: once the {@link Entrance} lets one in, completes the handshake. */
@Injectable()
export class Upgrades {
  private readonly servers = new Map<Endpoint, WebSocketServer>();
  private readonly compression: Compression | undefined;
  private readonly inflaters = new Map<Endpoint, ReturnType<typeof inflaterOf>>();
  private readonly unclaimed: Unclaimed;

  constructor(
    private readonly connections: Connections,
    private readonly entrance: Entrance,
  ) {
    const { deflateThresholdBytes, handshakeTimeoutMs } = connections.settings;
    this.unclaimed = new Unclaimed(handshakeTimeoutMs);
    if (deflateThresholdBytes !== undefined) this.compression = new Compression(deflateThresholdBytes);
  }

  accept(endpoint: Endpoint, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.entrance.accept(new Handshake(this, endpoint, request, { socket, head }));
  }

  /** Answers a handshake that is for no endpoint. @param path without its query. */
  refuseUnserved(request: IncomingMessage, socket: Duplex, reason: HandshakeReason, path = ''): void {
    this.entrance.tell(request, reason, handshakeFor(withoutToken(path)));
    refuseUpgrade(socket, reason);
  }

  /** Leaves a handshake that is for no endpoint to others that listen. */
  leave(socket: Duplex): void {
    this.unclaimed.wait(socket);
  }

  /** Refuses the handshakes that still wait for other listeners. */
  stop(): void {
    this.unclaimed.refuseAll();
  }

  /** Completes a handshake. ws itself answers a request that is not a valid one. @param begin what comes of it. */
  open(handshake: Handshake, begin: (connection: Connection) => void): void {
    const { endpoint, request, address } = handshake;
    const { socket, head } = handshake.upgraded;
    let isOpen = false;
    this.serverOf(endpoint).handleUpgrade(request, socket, head, (webSocket) => {
      isOpen = true;
      const transport = webSocket as WebSocketTransport;
      const connection = new Connection(transport, endpoint, this.connections, address);
      const encoding = this.compression?.prepare(transport, this.inflaterOf(endpoint), connection);
      transport.carry(connection, socket, encoding);
      this.connections.add(connection);
      begin(connection);
    });
    if (!isOpen) this.entrance.tell(request, HANDSHAKE_REASONS.notAWebSocket, handshake.what);
  }

  private maxFrameBytesOf({ rules }: Endpoint): number {
    return rules.maxFrameBytes ?? this.connections.settings.maxFrameBytes;
  }

  private inflaterOf(endpoint: Endpoint): ReturnType<typeof inflaterOf> {
    let inflate = this.inflaters.get(endpoint);
    if (!inflate) {
      const { share, settings } = this.connections;
      inflate = inflaterOf({ ...settings, maxBytes: this.maxFrameBytesOf(endpoint), share });
      this.inflaters.set(endpoint, inflate);
    }
    return inflate;
  }

  private serverOf(endpoint: Endpoint): WebSocketServer {
    let server = this.servers.get(endpoint);
    if (!server) {
      const options = {
        noServer: true,
        clientTracking: false,
        perMessageDeflate: this.compression?.options ?? false,
        maxPayload: this.maxFrameBytesOf(endpoint),
        handleProtocols: (offered: ReadonlySet<string>) =>
          endpoint.subProtocols.find((one) => offered.has(one)) ?? false,
        WebSocket: WebSocketTransport,
        closeTimeout: this.connections.settings.closeTimeoutMs, // unknown to the types of ws
      };
      server = new WebSocketServer(options);
      this.servers.set(endpoint, server);
    }
    return server;
  }
}

/** A request to upgrade, and its socket, which the HTTP server has let go of. */
class Handshake extends Arrival {
  constructor(
    private readonly upgrades: Upgrades,
    endpoint: Endpoint,
    request: IncomingMessage,
    readonly upgraded: { readonly socket: Duplex; readonly head: Buffer },
  ) {
    super(endpoint, request);
  }

  get what(): string {
    return handshakeFor(this.endpoint.path ?? '');
  }

  get isGone(): boolean {
    return this.upgraded.socket.destroyed;
  }

  /** The refusal of a WebSocket version; a request for no WebSocket at all is left to the handshake itself. */
  get fault(): HandshakeRefusal | undefined {
    const { headers } = this.request;
    const isWebSocket = headers.upgrade?.toLowerCase() === 'websocket';
    if (!isWebSocket || isVersionSpoken(headers['sec-websocket-version'])) return undefined;
    return { ...HANDSHAKE_REASONS.versionNotSpoken, headers: UPGRADE_REQUIRED };
  }

  /** Has its socket not end the process; the listener does no harm later. */
  waits(): void {
    this.upgraded.socket.on('error', destroy);
  }

  open(known: unknown): void {
    this.upgrades.open(this, (connection) => connection.opened(known, this.request));
  }

  turnAway(denial: Denial): void {
    this.upgrades.open(this, (connection) => this.endpoint.turnAway(connection, denial));
  }

  refuse(refusal: HandshakeRefusal): void {
    refuseUpgrade(this.upgraded.socket, refusal);
  }
}

function handshakeFor(path: string): string {
  return `a handshake for ${path}`;
}

/** Hides all that follows `/token/` in a path, as it may be a token. */
function withoutToken(path: string): string {
  return path.replace(/(\/token\/).*/, '$1…');
}

function destroy(this: Duplex): void {
  this.destroy();
}
