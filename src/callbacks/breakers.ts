import { Injectable, Logger } from '@nestjs/common';
import { CallbacksSettings } from '../config/sections/callbacks.settings.js';
import { Metrics } from '../metrics/metrics.js';
import { Breaker } from './breaker.js';

/** The breakers of this node: one for each service, for tickets, for rooms and for each remote procedure. */
@Injectable()
export class Breakers {
  private readonly logger = new Logger('Callbacks');
  private readonly breakers = new Map<string, Breaker>();

  constructor(
    private readonly settings: CallbacksSettings,
    private readonly metrics: Metrics,
  ) {}

  /** @returns nothing where requests are always made. */
  of(service: string | undefined): Breaker | undefined {
    if (this.settings.breaker.failures === 0 || service === undefined) return undefined;
    let breaker = this.breakers.get(service);
    if (!breaker) this.breakers.set(service, (breaker = this.make(service)));
    return breaker;
  }

  private make(service: string): Breaker {
    const { breaker } = this.settings;
    const metrics = this.metrics.breakers;
    return new Breaker(service, breaker, {
      opened: (reason) => {
        metrics.opened(service);
        this.logger.warn(`${service} is not asked for ${breaker.pauseMs / 1000} s: ${reason}`);
      },
      closed: () => {
        metrics.closed(service);
        this.logger.log(`${service} answers, and is asked again`);
      },
      refused: () => metrics.refused(service),
    });
  }
}
