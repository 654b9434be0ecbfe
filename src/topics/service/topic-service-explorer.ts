import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CALLER, type Caller } from '../../callbacks/caller.js';
import { ProviderMethods, type ProviderMethod } from '../../callbacks/providers/provider-methods.js';
import { ConfigurationError } from '../../config/configuration-error.js';
import { loadSettings } from '../../config/loading/load-settings.js';
import type { ServiceSettings } from '../../config/sections/service.settings.js';
import { Settings } from '../../config/settings.js';
import { Metrics } from '../../metrics/metrics.js';
import { CALLBACK_KINDS, type CallbackKind } from './callback-kind.js';
import { CoalescedServiceCallbacks } from './coalesced.service-callbacks.js';
import { HttpServiceCallbacks } from './http.service-callbacks.js';
import { ProviderServiceCallbacks } from './provider.service-callbacks.js';
import { Service } from './service.js';
import type { ServiceRules } from './service-rules.js';
import { Services } from './services.js';
import {
  TOPIC_CALLBACK,
  TOPIC_SERVICE,
  type TopicServiceMark,
  type TopicServiceRules,
} from './topic-service.decorator.js';

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

  /** @throws when a service is defined twice, or a provider's decorators do not make one. */
  onModuleInit(): void {
    const methods = groupByProvider(this.providers.marked(TOPIC_CALLBACK));
    for (const provider of this.providers.ofMarkedClass(TOPIC_SERVICE)) {
      if (!methods.has(provider)) methods.set(provider, []);
    }
    const definitions = new Map([...this.settings.services.keys()].map((name) => [name, 'configuration']));
    for (const [provider, ofProvider] of methods) {
      const definition = provider.constructor.name;
      const mark = Reflect.getMetadata(TOPIC_SERVICE, provider.constructor) as TopicServiceMark | undefined;
      if (!mark) throw new Error(`${definition} answers topic callbacks, but has no @TopicService decorator`);
      const other = definitions.get(mark.name);
      if (other) throw new Error(twice(mark.name, other, definition));
      definitions.set(mark.name, definition);
      this.services.add(this.providedService(definition, mark, ofProvider));
    }
    for (const [name, service] of this.settings.services)
      this.services.add(this.configuredService(name, service));
  }

  private providedService(
    definition: string,
    { name, rules }: TopicServiceMark,
    methods: readonly ProviderMethod[],
  ): Service {
    const byKind = new Map<CallbackKind, ProviderMethod>();
    for (const method of methods) {
      for (const kind of method.mark as readonly CallbackKind[]) {
        const other = byKind.get(kind);
        if (other) throw new Error(`${other.name} and ${method.name} both answer ${kind}`);
        byKind.set(kind, method);
      }
    }
    const settings = settingsOf(definition, name, rules);
    const callbacks = new ProviderServiceCallbacks(byKind);
    requirePeriods(definition, settings, callbacks);
    return new Service(name, settings, callbacks, this.metrics);
  }

  private configuredService(name: string, settings: ServiceSettings): Service {
    const urls = Object.fromEntries(CALLBACK_KINDS.map((kind) => [kind, settings[kind]]));
    const asked = new HttpServiceCallbacks(name, this.caller, urls, settings.headers);
    const { coalesce, maxAnswerAgeMs } = settings;
    const callbacks = coalesce
      ? new CoalescedServiceCallbacks(asked, { service: name, maxAnswerAgeMs }, this.metrics)
      : asked;
    return new Service(name, settings, callbacks, this.metrics);
  }
}

function twice(name: string, one: string, other: string): string {
  return one === other
    ? `the service "${name}" is defined twice: more than one module provides ${one}`
    : `the service "${name}" is defined twice: by ${one} and by ${other}`;
}

function settingsOf(definition: string, name: string, rules: TopicServiceRules): ServiceSettings {
  try {
    return loadSettings({ services: { [name]: rules } }).services.get(name)!;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(
      error.problems.map((problem) => `@TopicService of ${definition}: ${problem}`),
      { cause: error },
    );
  }
}

/** Callbacks that would never be asked are a mistake. */
function requirePeriods(definition: string, rules: ServiceRules, callbacks: ProviderServiceCallbacks): void {
  const missing = [
    callbacks.has('onHeartbeat') && !rules.heartbeatPeriodMs && ['onHeartbeat', 'heartbeatPeriod'],
    callbacks.has('onAuthorizationChange') &&
      !rules.authorizationRenewalPeriodMs && ['onAuthorizationChange', 'authorizationRenewalPeriod'],
  ].find((problem) => problem !== false);
  if (missing) throw new Error(`${definition} answers ${missing[0]}, but has no ${missing[1]}`);
}

function groupByProvider(methods: readonly ProviderMethod[]): Map<object, ProviderMethod[]> {
  const groups = new Map<object, ProviderMethod[]>();
  for (const method of methods) groups.set(method.provider, [...(groups.get(method.provider) ?? []), method]);
  return groups;
}
