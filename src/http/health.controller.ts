import { Controller, Header, ServiceUnavailableException, VERSION_NEUTRAL } from '@nestjs/common';
import { Readiness } from './readiness.js';

/** For load balancers, and whoever supervises the process. Why it is not ready is for operators to know. */
@Controller({ version: VERSION_NEUTRAL })
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Header('Cache-Control', 'no-store')
  live(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  /** @throws {ServiceUnavailableException} (503) while the broker or RabbitMQ is lost, or the gateway drains. */
  @Header('Cache-Control', 'no-store')
  ready(): { readonly status: 'ready' } {
    if (this.readiness.state !== 'ready') throw new ServiceUnavailableException({ status: 'not ready' });
    return { status: 'ready' };
  }
}
