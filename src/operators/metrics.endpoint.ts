import { Injectable } from '@nestjs/common';
import type { OperatorAnswer, OperatorEndpoint } from '../endpoints/operator-endpoint.js';
import { OPERATOR_PATHS } from '../config/operator-paths.js';
import { Metrics } from '../metrics/metrics.js';

/** The metrics, as Prometheus reads them. */
@Injectable()
export class MetricsEndpoint implements OperatorEndpoint {
  readonly path = OPERATOR_PATHS.metrics;

  constructor(private readonly metrics: Metrics) {}

  async answer(): Promise<OperatorAnswer> {
    const body = await this.metrics.text();
    return { status: 200, headers: { 'Content-Type': this.metrics.contentType }, body };
  }
}
