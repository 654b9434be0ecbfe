import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConfiguredServices } from '../service/configured-services.js';
import { ProvidedServices } from './provided-services.js';
import { Services } from '../service/services.js';

/** Finds the services at the start: those of the configuration, and providers decorated as topic services. */
@Injectable()
export class TopicServiceExplorer implements OnModuleInit {
  constructor(
    private readonly services: Services,
    private readonly configured: ConfiguredServices,
    private readonly provided: ProvidedServices,
  ) {}

  /** @throws when a service is defined twice, or a provider's decorators do not make one. */
  onModuleInit(): void {
    const definitions = new Map(this.configured.names.map((name) => [name, 'configuration']));
    for (const { name, definition, make } of this.provided.all()) {
      const other = definitions.get(name);
      if (other) throw new Error(twice(name, other, definition));
      definitions.set(name, definition);
      this.services.add(make());
    }
    for (const service of this.configured.all()) this.services.add(service);
  }
}

function twice(name: string, one: string, other: string): string {
  return one === other
    ? `the service "${name}" is defined twice: more than one module provides ${one}`
    : `the service "${name}" is defined twice: by ${one} and by ${other}`;
}
