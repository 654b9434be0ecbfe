import { Inject, Injectable } from '@nestjs/common';
import { CALLER, type Caller } from '../../callbacks/caller.js';
import { SERVICE_SECTIONS, type ServiceSettings } from '../../config/sections/service/service.settings.js';
import { Metrics } from '../../metrics/metrics.js';
import { CALLBACK_KINDS } from './callback-kind.js';
import { CoalescedServiceCallbacks } from './coalesced.service-callbacks.js';
import { HttpServiceCallbacks } from './http.service-callbacks.js';
import { Service } from './service.js';

/** The services of the configuration, which are asked over HTTP. */
@Injectable()
export class ConfiguredServices {
  constructor(
    @Inject(SERVICE_SECTIONS) private readonly sections: ReadonlyMap<string, ServiceSettings>,
    @Inject(CALLER) private readonly caller: Caller,
    private readonly metrics: Metrics,
  ) {}

  get names(): readonly string[] {
    return [...this.sections.keys()];
  }

  all(): Service[] {
    return [...this.sections].map(([name, service]) => this.service(name, service));
  }

  private service(name: string, settings: ServiceSettings): Service {
    const urls = Object.fromEntries(CALLBACK_KINDS.map((kind) => [kind, settings[kind]]));
    const asked = new HttpServiceCallbacks(name, this.caller, urls, settings.headers);
    const { coalesce, maxAnswerAgeMs } = settings;
    const callbacks = coalesce
      ? new CoalescedServiceCallbacks(asked, { service: name, maxAnswerAgeMs }, this.metrics)
      : asked;
    return new Service(name, settings, callbacks, this.metrics);
  }
}
