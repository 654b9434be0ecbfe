import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Settings } from '../../config/settings.js';
import { Metrics } from '../../metrics/metrics.js';
import { RpcExchange } from './exchange.js';
import type { RpcFront } from './front.js';
import { RpcParts } from './parts.js';
import { RpcResponse } from './response.js';
import { RpcStatistics } from '../built-in/statistics.js';

/** Serves Kettlingar's protocol, in which one request is one call, for every way in. */
@Injectable()
export class RpcHttp implements BeforeApplicationShutdown {
  private readonly open = new Map<RpcExchange, Promise<void>>();

  constructor(
    private readonly parts: RpcParts,
    private readonly statistics: RpcStatistics,
    private readonly settings: Settings,
    private readonly metrics: Metrics,
  ) {}

  /** The largest request, its head included; changes with the configuration at run time. */
  get maxRequestBytes(): number {
    return this.parts.config.maxRequestBytes;
  }

  /**
   * Answers a request; the caller passes those of one connection one after another. Resolves when the answer has been
   * sent or the connection is gone. Never rejects.
   */
  async handle(request: IncomingMessage, response: ServerResponse, front: RpcFront): Promise<void> {
    const startedAt = performance.now();
    const sentBefore = sentBytes(request);
    if (front.isForOneRequest) response.setHeader('Connection', 'close');
    const reply = new RpcResponse(request, response, this.parts.config.bodyTimeoutMs);
    const exchange = new RpcExchange(this.parts, reply, front);
    const running = exchange.run();
    this.open.set(exchange, running);
    await running;
    this.open.delete(exchange);
    this.metrics.eventHandled('call', exchange.status < 400 ? 'success' : 'error');
    this.statistics.answered({
      status: exchange.status,
      transport: front.transport,
      isStream: exchange.isStream,
      procedure: exchange.procedure?.signature,
      sentBytes: sentBytes(request) - sentBefore,
      elapsedUs: Math.round((performance.now() - startedAt) * 1_000),
    });
  }

  /** Cuts streams at once; other calls have the shutdown timeout to end. */
  async beforeApplicationShutdown(): Promise<void> {
    for (const exchange of this.open.keys()) if (exchange.isStream) exchange.cut();
    if (this.open.size === 0) return;
    const timer = setTimeout(() => this.cutAll(), this.settings.shutdown.timeoutMs);
    await Promise.all(this.open.values());
    clearTimeout(timer);
  }

  private cutAll(): void {
    for (const exchange of this.open.keys()) exchange.cut();
  }
}

function sentBytes({ socket }: IncomingMessage): number {
  return socket.bytesWritten ?? 0;
}
