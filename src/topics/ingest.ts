import { Inject, Injectable } from '@nestjs/common';
import type { Startable } from '../base/lifetime.js';
import { BROKER, type Broker } from '../broker/broker.js';
import { HistorySettings } from '../config/sections/history.settings.js';
import { Services } from './service/services.js';

/** Has publications taken in that services leave with the broker, whether or not a gateway runs. */
@Injectable()
export class Ingest implements Startable {
  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    private readonly settings: HistorySettings,
    private readonly services: Services,
  ) {}

  start(): void {
    const { ingest, ingestPeriodMs } = this.settings;
    const histories = this.services.histories();
    if (ingest && histories.size > 0) this.broker.history.takeIn?.(histories, ingestPeriodMs);
  }
}
