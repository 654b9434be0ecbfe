import { Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Closable } from '../../base/lifetime.js';
import { ShutdownSettings } from '../../config/sections/shutdown.settings.js';
import { Metrics } from '../../metrics/metrics.js';
import { RpcStatistics } from '../built-in/statistics.js';
import { RpcExchanges } from './exchanges.js';
import type { RpcFront } from './front.js';

/** Serves Kettlingar's protocol, in which one request is one call, for every way in. */
@Injectable()
export class RpcHttp implements Closable {
  constructor(
    private readonly exchanges: RpcExchanges,
    private readonly statistics: RpcStatistics,
    private readonly settings: ShutdownSettings,
    private readonly metrics: Metrics,
  ) {}

  /** The largest request, its head included; changes with the configuration at run time. */
  get maxRequestBytes(): number {
    return this.exchanges.config.maxRequestBytes;
  }

  /**
   * Answers a request; the caller passes those of one connection one after another. Resolves when the answer has been
   * sent or the connection is gone. Never rejects.
   */
  async handle(request: IncomingMessage, response: ServerResponse, front: RpcFront): Promise<void> {
    const startedAt = performance.now();
    const sentBefore = sentBytes(request);
    if (front.isForOneRequest) response.setHeader('Connection', 'close');
    const exchange = await this.exchanges.run(request, response, front);
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
  close(): Promise<void> {
    return this.exchanges.end(this.settings.timeoutMs);
  }
}

function sentBytes({ socket }: IncomingMessage): number {
  return socket.bytesWritten ?? 0;
}
