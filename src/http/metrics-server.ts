import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { Settings } from '../config/settings.js';
import { Listeners } from '../connection/listeners.js';
import { Metrics } from '../metrics/metrics.js';

/** Serves the metrics on a port of their own, where one is configured. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private server: Server | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly metrics: Metrics,
    private readonly listeners: Listeners,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { enabled, port, host } = this.settings.metrics;
    if (!enabled || port === 0) return;
    this.server = createServer((request, response) => void this.answer(request.url ?? '', response));
    await this.listeners.listen(this.server, { name: 'metrics', host, port });
  }

  async onApplicationShutdown(): Promise<void> {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  private async answer(url: string, response: ServerResponse): Promise<void> {
    if (url.split('?', 1)[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    const text = await this.metrics.text();
    response.writeHead(200, { 'Content-Type': this.metrics.registry.contentType }).end(text);
  }
}
