import { Injectable } from '@nestjs/common';
import { messageOf } from '../../base/message-of.js';
import { ProviderMethods, type ProviderMethod } from '../../callbacks/providers/provider-methods.js';
import { ConfigurationError } from '../../config/configuration-error.js';
import { loadSettings } from '../../config/loading/load-settings.js';
import type { ServiceSettings } from '../../config/sections/service/service.settings.js';
import { Handshakes } from '../../connection/handshakes.js';
import { Metrics } from '../../metrics/metrics.js';
import type { CallbackKind } from '../service/callback-kind.js';
import { type HandshakeOf, ProviderServiceCallbacks } from './provider.service-callbacks.js';
import { Service, type ServiceRules } from '../service/service.js';
import { unknownParam } from './topic-param.decorator.js';
import { TopicPattern } from '../service/topic-pattern.js';
import {
  TOPIC_CALLBACK,
  TOPIC_SERVICE,
  type TopicServiceMark,
  type TopicServiceRules,
} from './topic-service.decorator.js';

/** A provider that is decorated as a topic service. */
export interface ProvidedService {
  readonly name: string;
  /** The class of the provider. */
  readonly definition: string;
  /** @throws when its decorators do not make one. */
  readonly make: () => Service;
}

/** The services that are providers of the app. */
@Injectable()
export class ProvidedServices {
  constructor(
    private readonly providers: ProviderMethods,
    private readonly metrics: Metrics,
    private readonly handshakes: Handshakes,
  ) {}

  /** @throws when a provider answers callbacks, but is no service. */
  *all(): Iterable<ProvidedService> {
    const handshakeOf: HandshakeOf = (client) => this.handshakes.of(client);
    const methods = groupByProvider(this.providers.marked(TOPIC_CALLBACK));
    for (const provider of this.providers.ofMarkedClass(TOPIC_SERVICE)) {
      if (!methods.has(provider)) methods.set(provider, []);
    }
    for (const [provider, ofProvider] of methods) {
      const definition = provider.constructor.name;
      const name = TopicPattern.serviceIn(markOf(provider).name);
      yield {
        name,
        definition,
        make: () => providedService(provider, ofProvider, this.metrics, handshakeOf),
      };
    }
  }
}

/** Makes the service of a provider. @throws when its decorators do not make one. */
export function providedService(
  provider: object,
  methods: readonly ProviderMethod[],
  metrics: Metrics,
  handshakeOf?: HandshakeOf,
): Service {
  const mark = markOf(provider);
  const name = TopicPattern.serviceIn(mark.name);
  const definition = provider.constructor.name;
  const pattern = patternOf(definition, mark);
  const byKind = new Map<CallbackKind, ProviderMethod>();
  for (const method of methods) {
    requireParams(method, pattern);
    for (const kind of method.mark as readonly CallbackKind[]) {
      const other = byKind.get(kind);
      if (other) throw new Error(`${other.name} and ${method.name} both answer ${kind}`);
      byKind.set(kind, method);
    }
  }
  const settings = Object.assign(settingsOf(definition, name, mark.rules), { pattern });
  requireUse(definition, settings, byKind);
  return new Service(name, settings, new ProviderServiceCallbacks(byKind, pattern, handshakeOf), metrics);
}

function markOf({ constructor }: object): TopicServiceMark {
  const mark = Reflect.getMetadata(TOPIC_SERVICE, constructor) as TopicServiceMark | undefined;
  if (!mark)
    throw new Error(`${constructor.name} answers topic callbacks, but has no @TopicService decorator`);
  return mark;
}

function patternOf(definition: string, { name }: TopicServiceMark): TopicPattern | undefined {
  try {
    return TopicPattern.parse(name);
  } catch (cause) {
    throw new Error(`@TopicService of ${definition}: ${messageOf(cause)}`, { cause });
  }
}

function requireParams({ provider, name }: ProviderMethod, pattern: TopicPattern | undefined): void {
  const unknown = unknownParam(provider.constructor, name.slice(name.indexOf('.') + 1), pattern);
  if (unknown === undefined) return;
  const place = pattern ? `in ${pattern.toString()}` : 'without a pattern of topics';
  throw new Error(`${name} has @TopicParam('${unknown}'), but there is no such parameter ${place}`);
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
function requireUse(
  definition: string,
  rules: ServiceRules,
  methods: ReadonlyMap<CallbackKind, ProviderMethod>,
): void {
  const missing = [
    methods.has('onGap') && !rules.history && ['onGap', 'history'],
    methods.has('onHeartbeat') && !rules.heartbeatPeriodMs && ['onHeartbeat', 'heartbeatPeriod'],
    methods.has('onAuthorizationChange') &&
      !rules.authorizationRenewalPeriodMs && ['onAuthorizationChange', 'authorizationRenewalPeriod'],
  ].find((problem) => problem !== false);
  if (missing) throw new Error(`${definition} answers ${missing[0]}, but has no ${missing[1]}`);
}

function groupByProvider(methods: readonly ProviderMethod[]): Map<object, ProviderMethod[]> {
  const groups = new Map<object, ProviderMethod[]>();
  for (const method of methods) groups.set(method.provider, [...(groups.get(method.provider) ?? []), method]);
  return groups;
}
