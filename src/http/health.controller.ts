import { Controller, Get, Header, ServiceUnavailableException } from '@nestjs/common';
import type { BrokerState } from '../broker/broker.js';
import { Readiness } from './readiness.js';

/** What the readiness check answers. */
export interface HealthReport {
  readonly status: string;
  readonly broker: BrokerState;
}

/** For whoever supervises the process: is it alive, and should it get clients? */
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  /** @throws {ServiceUnavailableException} (503) while the broker is lost or the gateway drains. */
  @Get('ready')
  @Header('Cache-Control', 'no-store')
  ready(): HealthReport {
    const report = { status: this.readiness.state, broker: this.readiness.brokerState };
    if (report.status !== 'ready') throw new ServiceUnavailableException(report);
    return report;
  }
}
