import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { Injectable, Logger } from '@nestjs/common';
import { stackOf } from '../../base/message-of.js';
import { monotonicMs } from '../../base/monotonic-ms.js';
import { settlesWithin } from '../../base/time-limit.js';
import { Metrics } from '../../metrics/metrics.js';
import { HANDSHAKE_REASONS, type HandshakeReason } from '../../protocol/handshake-refusals.js';
import { BY_GATEWAY } from '../../protocol/verdict.js';
import type { Admission, Admit, HandshakeRefusal } from '../admission.js';
import { clientAddress } from '../client-address.js';
import { Connection } from '../connection.js';
import { Connections } from '../connections.js';
import type { Endpoint } from '../endpoint.js';
import { AcceptQueue } from './accept-queue.js';
import { Compression } from './compression.js';
import { inflaterOf } from './inflater.js';
import { isOriginAllowed } from './origin.js';
import { refuseUpgrade } from './refuse-upgrade.js';
import { Unclaimed } from './unclaimed.js';
import { isVersionSpoken, UPGRADE_REQUIRED } from './web-socket-version.js';
import { WebSocketTransport } from './web-socket.transport.js';

const logger = new Logger('Connections');

/** A request to upgrade, and its socket, which the HTTP server has let go of. */
interface Handshake {
  readonly endpoint: Endpoint;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** The client's address, if connections are counted by address or a proxy is trusted. */
  readonly address: string | undefined;
  readonly sinceMs: number;
}

const UNAVAILABLE: Admission = { refusal: HANDSHAKE_REASONS.tooLate };

/**
 * Turns HTTP upgrades into connections: has them wait for their turn, checks origin and capacity, then completes the
 * handshake.
 */
@Injectable()
export class Upgrades {
  private readonly queue: AcceptQueue<Handshake>;
  private readonly servers = new Map<Endpoint, WebSocketServer>();
  private readonly compression: Compression | undefined;
  private readonly inflaters = new Map<Endpoint, ReturnType<typeof inflaterOf>>();
  private readonly unclaimed: Unclaimed;

  constructor(
    private readonly connections: Connections,
    private readonly metrics: Metrics,
  ) {
    const { deflateThresholdBytes, accepting, handshakeTimeoutMs } = connections.settings;
    this.unclaimed = new Unclaimed(handshakeTimeoutMs);
    this.queue = new AcceptQueue(accepting, (handshake) => this.decide(handshake));
    metrics.countWaiting(() => this.queue.length);
    if (deflateThresholdBytes !== undefined) this.compression = new Compression(deflateThresholdBytes);
  }

  accept(endpoint: Endpoint, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { settings } = this.connections;
    const { maxConnectionsPerAddress, trustProxy } = settings;
    const isNeeded = maxConnectionsPerAddress > 0 || trustProxy;
    const address = isNeeded ? clientAddress(request, settings) : undefined;
    const handshake = { endpoint, request, socket, head, address, sinceMs: monotonicMs() };
    const outcome = this.queue.push(handshake);
    if (outcome === 'waits')
      socket.on('error', destroy); // it does no harm later
    else if (outcome === 'too many') this.refuse(handshake, HANDSHAKE_REASONS.tooManyWaiting);
  }

  /** Answers a handshake that is for no endpoint. @param path without its query. */
  refuseUnserved(request: IncomingMessage, socket: Duplex, reason: HandshakeReason, path = ''): void {
    this.tell(request, reason, withoutToken(path));
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

  private decide(handshake: Handshake): void {
    const { endpoint, request, socket, address, sinceMs } = handshake;
    const isLate = monotonicMs() - sinceMs >= this.connections.settings.handshakeTimeoutMs;
    if (socket.destroyed) return;
    if (isLate) this.refuse(handshake, HANDSHAKE_REASONS.tooLate);
    else if (endpoint.admit) void this.admit(handshake, endpoint.admit);
    else {
      const refusal = this.originRefusal(request) ?? this.connections.refusal(address);
      if (refusal) this.refuse(handshake, refusal);
      else this.open(handshake, request);
    }
  }

  /** Checks capacity first, so that a refusal costs little, and again last, since others came meanwhile. */
  private async admit(handshake: Handshake, admit: Admit): Promise<void> {
    const { request, socket, address } = handshake;
    socket.on('error', destroy);
    const busy = this.connections.refusal(address);
    const admission = busy ? { refusal: busy } : await this.decided(admit(request));
    if ('refusal' in admission) {
      this.refuse(handshake, admission.refusal);
      return;
    }
    const refusal =
      this.originRefusal(request) ?? versionRefusal(request) ?? this.connections.refusal(address);
    if (refusal) this.refuse(handshake, refusal);
    else this.open(handshake, admission.admitted);
  }

  private async decided(admission: Promise<Admission>): Promise<Admission> {
    try {
      const isInTime = await settlesWithin(this.connections.settings.handshakeTimeoutMs, admission);
      return isInTime ? await admission : UNAVAILABLE;
    } catch (error) {
      logger.error(stackOf(error));
      return { refusal: HANDSHAKE_REASONS.defect };
    }
  }

  private refuse({ endpoint, request, socket }: Handshake, refusal: HandshakeRefusal): void {
    this.tell(request, refusal, endpoint.path ?? '');
    refuseUpgrade(socket, refusal);
  }

  private tell(request: IncomingMessage, { kind, status, why }: HandshakeReason, path: string): void {
    this.metrics.handshakeRefused(status);
    const peer = clientAddress(request, this.connections.settings);
    const what = `a handshake for ${path}`;
    this.connections.refusals.add({ peer }, { kind, what, why: `${status}, ${why}`, by: BY_GATEWAY });
  }

  private originRefusal({ headers }: IncomingMessage): HandshakeReason | undefined {
    const { origins } = this.connections.settings;
    const { origin, host } = headers;
    if (isOriginAllowed(origin, host, origins)) return undefined;
    const configured =
      origins.length > 0 ? `origins is ${origins.join(', ')}` : `origins is not set, and the host is ${host}`;
    return { ...HANDSHAKE_REASONS.originNotAllowed, why: `its origin is ${origin}, and ${configured}` };
  }

  /** Completes the handshake. ws itself answers a request that is not a valid one. */
  private open({ endpoint, request, socket, head, address }: Handshake, known: unknown): void {
    let isOpen = false;
    this.serverOf(endpoint).handleUpgrade(request, socket, head, (webSocket) => {
      isOpen = true;
      const transport = webSocket as WebSocketTransport;
      const connection = new Connection(transport, endpoint, this.connections, address);
      const encoding = this.compression?.prepare(transport, this.inflaterOf(endpoint), connection);
      transport.carry(connection, socket, encoding);
      this.connections.add(connection);
      connection.opened(known);
    });
    if (!isOpen) this.tell(request, HANDSHAKE_REASONS.notAWebSocket, endpoint.path ?? '');
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

/** The refusal of a WebSocket version; a request for no WebSocket at all is left to the handshake itself. */
function versionRefusal({ headers }: IncomingMessage): HandshakeRefusal | undefined {
  const isWebSocket = headers.upgrade?.toLowerCase() === 'websocket';
  if (!isWebSocket || isVersionSpoken(headers['sec-websocket-version'])) return undefined;
  return { ...HANDSHAKE_REASONS.versionNotSpoken, headers: UPGRADE_REQUIRED };
}

/** Hides all that follows `/token/` in a path, as it may be a token. */
function withoutToken(path: string): string {
  return path.replace(/(\/token\/).*/, '$1…');
}

function destroy(this: Duplex): void {
  this.destroy();
}
