import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Tracing } from '../../tracing/tracing.js';
import type { ApiKeys } from '../api-keys.js';
import { type BodyTaker, type IntakeHost, IntakeSocket } from './intake-socket.js';
import { RequestHead } from './request-head.js';
import { Responses } from './responses.js';

const SWEEP_MS = 1_000;

/** Options of an {@link IntakeFront}. */
export interface IntakeFrontOptions {
  /** The handlers of the bodies of `POST` requests, by path. */
  readonly takers: ReadonlyMap<string, BodyTaker>;
  readonly keys: ApiKeys;
  readonly tracing: Tracing;
  readonly refused: IntakeHost['refused'];
  readonly maxBodyBytes: number;
  /** Time for a request to arrive. */
  readonly requestTimeoutMs: number;
}

/**
 * Stands before an HTTP server and takes the connections on which services push ({@link IntakeSocket}). It looks at the
 * first bytes of a connection; all others are the server's at once.
 */
export class IntakeFront implements IntakeHost {
  readonly head: RequestHead;
  readonly takers: IntakeHost['takers'];
  readonly keys: ApiKeys;
  readonly tracing: Tracing;
  readonly refused: IntakeHost['refused'];
  readonly responses: Responses;
  readonly maxBodyBytes: number;
  readonly requestTimeoutMs: number;
  private readonly sockets = new Set<IntakeSocket>();
  /** Connections that have not sent anything yet, by age, with the time of their beginning. */
  private readonly silent = new Map<Socket, number>();
  private readonly serve: (socket: Socket) => void;
  private timer: NodeJS.Timeout | undefined;

  /** @param accepted the event with which the server hands over a connection: `secureConnection` with TLS. */
  constructor(
    private readonly server: Server,
    accepted: 'connection' | 'secureConnection',
    { takers, keys, tracing, refused, maxBodyBytes, requestTimeoutMs }: IntakeFrontOptions,
  ) {
    this.head = new RequestHead([...takers.keys()]);
    this.takers = [...takers.values()];
    this.keys = keys;
    this.tracing = tracing;
    this.refused = refused;
    this.maxBodyBytes = maxBodyBytes;
    this.requestTimeoutMs = requestTimeoutMs;
    this.responses = new Responses(server.keepAliveTimeout);
    this.serve = server.listeners(accepted)[0] as (socket: Socket) => void;
    server.removeAllListeners(accepted).on(accepted, this.accept);
    server.on('listening', this.start).on('close', this.stop);
    this.followClosing();
  }

  get keepAliveMs(): number {
    return this.server.keepAliveTimeout;
  }

  get isClosing(): boolean {
    return !this.server.listening;
  }

  /** See {@link IntakeHost.handOver}. */
  handOver(socket: Socket, bytes: Buffer): void {
    this.serve.call(this.server, socket);
    socket.emit('data', bytes);
    if (socket.isPaused()) socket.resume();
  }

  /** See {@link IntakeHost.forget}. */
  forget(socket: IntakeSocket): void {
    this.sockets.delete(socket);
  }

  /** Ends what is idle when the server is told to, and everything when the server ends everything. */
  private followClosing(): void {
    const { server } = this;
    const closeIdleConnections = server.closeIdleConnections.bind(server);
    const closeAllConnections = server.closeAllConnections.bind(server);
    server.closeIdleConnections = () => {
      closeIdleConnections();
      for (const socket of this.silent.keys()) socket.destroy();
      for (const socket of this.sockets) socket.closeIfIdle();
    };
    server.closeAllConnections = () => {
      closeAllConnections();
      for (const socket of this.silent.keys()) socket.destroy();
      for (const socket of this.sockets) socket.destroy();
    };
  }

  private readonly start = (): void => {
    this.timer ??= setInterval(this.sweep, SWEEP_MS).unref();
  };

  private readonly stop = (): void => {
    clearInterval(this.timer);
    this.timer = undefined;
  };

  private readonly sweep = (): void => {
    const nowMs = performance.now();
    for (const [socket, sinceMs] of this.silent) {
      if (nowMs - sinceMs < this.keepAliveMs) break;
      socket.destroy(); // its next request would take a word for its answer
    }
    for (const socket of this.sockets) socket.sweep(nowMs);
  };

  private readonly accept = (socket: Socket): void => {
    this.silent.set(socket, performance.now());
    socket.on('data', this.sort).on('end', destroy).on('error', destroy).on('close', this.forgetSilent);
  };

  private readonly sort = asHandler<[Buffer]>((socket, bytes) => this.take(socket, bytes));
  private readonly forgetSilent = asHandler<[]>((socket) => this.silent.delete(socket));

  private take(socket: Socket, bytes: Buffer): void {
    socket.off('data', this.sort).off('end', destroy).off('error', destroy).off('close', this.forgetSilent);
    this.silent.delete(socket);
    if (this.head.read(bytes, 0) === 'foreign') {
      this.handOver(socket, bytes);
      return;
    }
    const taken = new IntakeSocket(socket, this);
    this.sockets.add(taken);
    taken.receive(bytes);
  }
}

/** One handler for the events of all sockets. */
function asHandler<Args extends unknown[]>(handle: (socket: Socket, ...args: Args) => void) {
  return function handler(this: Socket, ...args: Args): void {
    handle(this, ...args);
  };
}

function destroy(this: Socket): void {
  this.destroy();
}
