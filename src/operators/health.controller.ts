import { Controller, HttpStatus, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { EndpointOf } from '../endpoints/endpoint-kind.js';
import { Replies } from '../endpoints/replies.js';
import { Readiness } from './readiness.js';

const HEADERS = { 'Cache-Control': 'no-store' };

/** Health for load balancers and supervisors, without reasons, which are for operators. */
@Controller({ version: VERSION_NEUTRAL })
@EndpointOf('health')
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    private readonly replies: Replies,
  ) {}

  live(@Res() response: unknown): void {
    this.replies.send(response, { status: HttpStatus.OK, headers: HEADERS, body: { status: 'ok' } });
  }

  /** Answers 503 while the broker or RabbitMQ is lost, or the gateway drains. */
  ready(@Res() response: unknown): void {
    const isReady = this.readiness.state === 'ready';
    const status = isReady ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE;
    const body = { status: isReady ? 'ready' : 'not ready' };
    this.replies.send(response, { status, headers: HEADERS, body });
  }
}
