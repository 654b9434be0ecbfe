import { ledgerPlace, type LedgerPlacing } from './ledger-place.js';
import type { Disagreement } from './kinds/setting.decorator.js';
import type { PresenceSettings } from './sections/presence.settings.js';

/** Refuses presence where it cannot be kept, or where those of a node that is killed would stay for ever. */
export function presenceHasPlace(
  settings: LedgerPlacing & {
    readonly services: ReadonlyMap<string, { readonly presence?: PresenceSettings }>;
    readonly rooms?: { readonly presence?: PresenceSettings } | undefined;
  },
): Disagreement | undefined {
  const names = [...settings.services].flatMap(([name, { presence }]) => (presence ? [name] : []));
  return withoutPlace(settings, settings.rooms?.presence ? [...names, 'rooms'] : names);
}

/** As {@link presenceHasPlace}. @param names of those who have presence, wherever they are from. */
export function withoutPlace(settings: LedgerPlacing, names: readonly string[]): Disagreement | undefined {
  const { kind, redis } = settings.broker;
  if (names.length === 0 || kind !== 'redis') return undefined;
  const found = `presence for ${names.join(', ')}`;
  if (redis.clusterNodes.length > 0 && redis.partitions === 0)
    return {
      key: 'broker.redis.partitions',
      found: `0, and ${found}`,
      expected: 'at least 1, such as 64: in a cluster, presence needs partitions',
    };
  if (ledgerPlace(settings).kind !== 'none') return undefined;
  return {
    key: 'ledger.kind',
    found: `none, and ${found}`,
    expected: 'redis: nobody would hear that a node is gone',
  };
}
