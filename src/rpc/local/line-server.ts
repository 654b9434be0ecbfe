import { Logger } from '@nestjs/common';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer, type Server as NetServer } from 'node:net';
import { OpenRequests } from '../../connection/upgrade/open-requests.js';
import type { DescriptorChannel } from '../descriptors/channel.js';
import { type LineConnection, type LineLimits, LineSocket, type LineTransport } from './line-socket.js';

/** How a client came, and what descriptors came along, on a connection that can have such. */
export interface LineOrigin {
  readonly transport: LineTransport;
  readonly descriptors: DescriptorChannel | undefined;
}

/** Answers a request; told how the client came. */
export type LineHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  origin: LineOrigin,
) => Promise<void>;

/**
 * HTTP for clients of the genuine protocol and for standard ones: lines may end in bare line feeds or in CRLF, those
 * of an answer end as those of its request did. One request per connection.
 */
export class LineServer {
  private readonly logger = new Logger('Procedures');
  private readonly sockets = new Set<LineConnection>();
  readonly requests = new OpenRequests();
  /** It never listens: it parses what connections bring. */
  private readonly http: Server;

  constructor(
    private readonly limits: LineLimits,
    private readonly handle: LineHandler,
  ) {
    this.http = createHttpServer({ requireHostHeader: false, maxHeaderSize: limits.maxRequestBytes });
    // Not documented, but in every Node: the answer to a client that has ended its side is still sent.
    Object.assign(this.http, { httpAllowHalfOpen: true });
    for (const event of ['request', 'checkExpectation'])
      // whatever else they expect, they get an answer
      this.http.on(event, (request: IncomingMessage, response: ServerResponse) =>
        this.answer(request, response),
      );
    this.http.on('clientError', (_error, socket) => this.refuse(socket as unknown as LineSocket));
  }

  /** A server for connections over TCP; the caller makes it listen. */
  acceptor(): NetServer {
    return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.accept('tcp', socket));
  }

  /** Takes a connection that somebody else has accepted. */
  accept(transport: LineTransport, socket: LineConnection): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    this.http.emit('connection', new LineSocket(transport, socket, this.limits));
  }

  /** Cuts every connection. */
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
      if (!socket.destroyed) this.logger.error(error);
      response.destroy();
    });
  }

  /** What comes behind a complete request is of no interest, whatever it is. */
  private refuse(socket: LineSocket): void {
    if (!socket.isRequestComplete) socket.refuse();
  }
}
