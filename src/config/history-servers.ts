import type { Disagreement } from './kinds/setting.decorator.js';
import type { BrokerSettings } from './sections/broker/broker.settings.js';
import type { HistorySettings } from './sections/history.settings.js';
import type { ServiceSettings } from './sections/service/service.settings.js';

/** Refuses histories in a Cluster that is used as one server: their keys would be elsewhere. */
export function historyHasServers(settings: {
  readonly broker: BrokerSettings;
  readonly services: ReadonlyMap<string, ServiceSettings>;
}): Disagreement | undefined {
  const names = [...settings.services].flatMap(([name, { history }]) => (history ? [name] : []));
  return withoutServers(settings.broker, names);
}

/** Refuses to wait for what services leave in Redis where there is none. */
export function ingestHasRedis({
  broker,
  history,
}: {
  readonly broker: BrokerSettings;
  readonly history: HistorySettings;
}): Disagreement | undefined {
  if (!history.ingest || broker.kind === 'redis') return undefined;
  return {
    key: 'history.ingest',
    found: `true, with broker.kind ${broker.kind}`,
    expected: 'broker.kind redis',
  };
}

/** As {@link historyHasServers}. @param services the names of those with a history, wherever they are from. */
export function withoutServers(
  { kind, redis }: BrokerSettings,
  services: readonly string[],
): Disagreement | undefined {
  if (services.length === 0 || kind !== 'redis') return undefined;
  if (redis.clusterNodes.length === 0 || redis.partitions > 0) return undefined;
  return {
    key: 'broker.redis.partitions',
    found: `0, and a history for ${services.join(', ')}`,
    expected: 'at least 1, such as 64: in a cluster, histories need partitions',
  };
}
