import { Controller, Get, Header, NotFoundException } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Metrics } from '../metrics/metrics.js';

/** The metrics for Prometheus, unless they are off or have a port of their own. */
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly settings: Settings,
    private readonly metrics: Metrics,
  ) {}

  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  async read(): Promise<string> {
    const { enabled, port } = this.settings.metrics;
    if (!enabled || port !== 0) throw new NotFoundException();
    return this.metrics.text();
  }
}
