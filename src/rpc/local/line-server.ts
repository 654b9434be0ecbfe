import { Logger } from '@nestjs/common';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer, type Server as NetServer } from 'node:net';
import { OpenRequests } from '../../connection/upgrade/open-requests.js';
import { LogLine } from '../../metrics/log-line.js';
import type { DescriptorChannel } from '../descriptors/channel.js';
import { type LineConnection, type LineLimits, LineSocket, type LineTransport } from './line-socket.js';

/** The transport of a request, and its descriptors, if the connection can pass them. */
export interface LineOrigin {
  readonly transport: LineTransport;
  readonly descriptors: DescriptorChannel | undefined;
}

/** Limits of the connections, and of the time that answers have when the server closes. */
export interface LineServerLimits extends LineLimits {
  readonly closeTimeoutMs: number;
}

/** Answers a request. A rejection closes the connection. */
export type LineHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  origin: LineOrigin,
) => Promise<void>;

/**
 * Serves HTTP to clients of Kettlingar and to standard ones: the lines of a head may end in bare line feeds or in CRLF,
 * and those of the answer end the same way. One request per connection.
 */
export class LineServer {
  private readonly logger = new Logger('Procedures');
  private readonly sockets = new Set<LineConnection>();
  private readonly requests = new OpenRequests();
  /** Never listens: only parses the bytes of connections that are passed to it. */
  private readonly http: Server;

  constructor(
    private readonly limits: LineServerLimits,
    private readonly handle: LineHandler,
  ) {
    this.http = createHttpServer({ requireHostHeader: false, maxHeaderSize: limits.maxRequestBytes });
    // Undocumented, but in every Node: lets the answer reach a client that has ended its side.
    Object.assign(this.http, { httpAllowHalfOpen: true });
    for (const event of ['request', 'checkExpectation'])
      // requests with an unknown `Expect` are answered as well
      this.http.on(event, (request: IncomingMessage, response: ServerResponse) =>
        this.answer(request, response),
      );
    this.http.on('clientError', (_error, socket) => this.refuse(socket as unknown as LineSocket));
  }

  /** Makes a server for connections over TCP; the caller makes it listen. */
  acceptor(): NetServer {
    return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.accept('tcp', socket));
  }

  /** Serves a connection that another listener has accepted. */
  accept(transport: LineTransport, socket: LineConnection): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    this.http.emit('connection', new LineSocket(transport, socket, this.limits));
  }

  /** Resolves when all requests are answered, or `closeTimeoutMs` is up. */
  answered(): Promise<void> {
    return this.requests.answered(this.limits.closeTimeoutMs);
  }

  /** Destroys every connection. */
  closeAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const socket = request.socket as unknown as LineSocket;
    if (socket.response) return; // one per connection
    socket.response = response;
    this.requests.add(response);
    if (socket.method !== undefined) request.method = socket.method;
    response.shouldKeepAlive = false;
    const { transport, descriptors } = socket;
    this.handle(request, response, { transport, descriptors }).catch((error: unknown) => {
      if (!socket.destroyed) this.logger.error(LogLine.fault({ peer: socket.remoteAddress }, error));
      response.destroy();
    });
  }

  /** Refuses a malformed request; bytes after a complete one are ignored. */
  private refuse(socket: LineSocket): void {
    if (!socket.isRequestComplete) socket.refuse();
  }
}
