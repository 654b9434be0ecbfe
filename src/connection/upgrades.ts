import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { Logger } from '@nestjs/common';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import { Compression, inflaterOf } from './compression.js';
import { Connection } from './connection.js';
import type { Connections } from './connections.js';
import type { Endpoint } from './endpoint.js';
import { isOriginAllowed } from './origin.js';

const logger = new Logger('Upgrades');

/** A WebSocket that knows its connection, so that all of them share their listeners. */
class ConnectedWebSocket extends WebSocket {
  connection!: Connection;
}

/** Turns HTTP upgrades into connections: checks origin and capacity, then completes the handshake. */
export class Upgrades {
  private readonly servers = new Map<Endpoint, WebSocketServer>();

  private readonly compression: Compression | undefined;
  private readonly inflate: ReturnType<typeof inflaterOf>;

  constructor(private readonly connections: Connections) {
    const { deflateThresholdBytes, maxFrameBytes } = connections.settings;
    if (deflateThresholdBytes !== undefined) this.compression = new Compression(deflateThresholdBytes);
    this.inflate = inflaterOf(maxFrameBytes);
  }

  accept(endpoint: Endpoint, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { origins, trustProxy } = this.connections.settings;
    const address = addressOf(request, trustProxy);
    const status = isOriginAllowed(request.headers.origin, request.headers.host, origins)
      ? this.connections.refusal(address)
      : 403;
    if (status !== undefined) {
      refuseUpgrade(socket, status);
      return;
    }
    this.serverOf(endpoint).handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new Connection(webSocket, socket, endpoint, this.connections);
      connection.address = address;
      connection.deflater = this.compression?.prepare(webSocket, this.inflate);
      (webSocket as ConnectedWebSocket).connection = connection;
      webSocket.on('message', onMessage);
      webSocket.on('pong', onPong);
      webSocket.on('close', onClose);
      webSocket.on('error', onError);
      this.connections.add(connection);
      connection.opened(request);
    });
  }

  private serverOf(endpoint: Endpoint): WebSocketServer {
    let server = this.servers.get(endpoint);
    if (!server) {
      server = new WebSocketServer({
        noServer: true,
        clientTracking: false,
        perMessageDeflate: this.compression?.options ?? false,
        maxPayload: this.connections.settings.maxFrameBytes,
        handleProtocols: (offered) => endpoint.subProtocols.find((one) => offered.has(one)) ?? false,
        WebSocket: ConnectedWebSocket,
      });
      this.servers.set(endpoint, server);
    }
    return server;
  }
}

/** Answers an upgrade with an HTTP status. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    () => socket.destroy(),
  );
}

function addressOf(request: IncomingMessage, trustProxy: boolean): string | undefined {
  const forwarded = trustProxy
    ? String(request.headers['x-forwarded-for'] ?? '')
        .split(',')[0]
        ?.trim()
    : '';
  return forwarded === '' ? request.socket.remoteAddress : forwarded;
}

function onMessage(this: WebSocket, frame: Buffer): void {
  (this as ConnectedWebSocket).connection.received(frame);
}

function onPong(this: WebSocket): void {
  (this as ConnectedWebSocket).connection.ponged();
}

function onClose(this: WebSocket): void {
  (this as ConnectedWebSocket).connection.closed();
}

/** The WebSocket closes by itself, with the code that says what was wrong. */
function onError(this: WebSocket, error: Error & { readonly code?: string }): void {
  logger.debug(`a client broke the WebSocket protocol: ${error.message}`);
  const isTooBig = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
  (this as ConnectedWebSocket).connection.closed(isTooBig ? CLOSE_REASONS.tooManyBytes : undefined);
}
