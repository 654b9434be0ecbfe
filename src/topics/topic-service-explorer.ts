import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CALLER, type Caller } from '../callbacks/caller.js';
import { ProviderMethods, type ProviderMethod } from '../callbacks/provider-methods.js';
import { loadSettings } from '../config/load-settings.js';
import type { ServiceSettings } from '../config/service.settings.js';
import { Settings } from '../config/settings.js';
import { Metrics } from '../metrics/metrics.js';
import { CALLBACK_KINDS, type CallbackKind } from './callback-kind.js';
import { HttpServiceCallbacks } from './http.service-callbacks.js';
import { ProviderServiceCallbacks } from './provider.service-callbacks.js';
import { Service } from './service.js';
import { Services } from './services.js';
import { TOPIC_CALLBACK, TOPIC_SERVICE, type TopicServiceMark } from './topic-service.decorator.js';

/** Finds the services at the start: those of the configuration, and providers decorated as topic services. */
@Injectable()
export class TopicServiceExplorer implements OnModuleInit {
  constructor(
    private readonly settings: Settings,
    private readonly services: Services,
    private readonly providers: ProviderMethods,
    @Inject(CALLER) private readonly caller: Caller,
    private readonly metrics: Metrics,
  ) {}

  /** @throws when a service is named twice, or a callback is answered twice. */
  onModuleInit(): void {
    const methodsByHost = groupByHost(this.providers.marked(TOPIC_CALLBACK));
    const names = new Set(this.settings.services.keys());
    for (const [host, methods] of methodsByHost) {
      const mark = Reflect.getMetadata(TOPIC_SERVICE, host) as TopicServiceMark | undefined;
      if (!mark)
        throw new Error(`${nameOf(host)} has topic callbacks, but is not decorated with @TopicService`);
      if (names.has(mark.name)) throw new Error(`the service "${mark.name}" is defined twice`);
      names.add(mark.name);
      this.services.add(this.providedService(mark, methods));
    }
    for (const [name, service] of this.settings.services)
      this.services.add(this.configuredService(name, service));
  }

  private providedService({ name, rules }: TopicServiceMark, methods: readonly ProviderMethod[]): Service {
    const byKind = new Map<CallbackKind, ProviderMethod>();
    for (const method of methods) {
      const kind = method.mark as CallbackKind;
      if (byKind.has(kind)) throw new Error(`two methods of ${nameOf(method.host)} answer ${kind}`);
      byKind.set(kind, method);
    }
    const settings = loadSettings({ services: { [name]: rules } }).services.get(name)!;
    return new Service(name, settings, new ProviderServiceCallbacks(byKind), this.metrics);
  }

  private configuredService(name: string, settings: ServiceSettings): Service {
    const urls = Object.fromEntries(CALLBACK_KINDS.map((kind) => [kind, settings[kind]]));
    return new Service(
      name,
      settings,
      new HttpServiceCallbacks(this.caller, urls, settings.headers),
      this.metrics,
    );
  }
}

function nameOf(host: object): string {
  return (host as { name?: string }).name ?? 'a provider';
}

function groupByHost(methods: readonly ProviderMethod[]): Map<object, ProviderMethod[]> {
  const groups = new Map<object, ProviderMethod[]>();
  for (const method of methods) groups.set(method.host, [...(groups.get(method.host) ?? []), method]);
  return groups;
}
