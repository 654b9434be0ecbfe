import { join } from 'node:path';
import type { Disagreement } from './kinds/setting.decorator.js';
import type { BrokerSettings } from './sections/broker/broker.settings.js';
import type { LedgerSettings } from './sections/ledger.settings.js';
import type { ProceduresSettings } from './sections/procedures/procedures.settings.js';

/** The settings that say where the ledger is. */
export interface LedgerPlacing {
  readonly broker: BrokerSettings;
  readonly ledger: LedgerSettings;
  readonly procedures?: ProceduresSettings | undefined;
}

/** The place of the ledger. */
export type LedgerPlace =
  | { readonly kind: 'redis' | 'none' }
  | { readonly kind: 'file'; readonly folder: string };

/** The place of the ledger by the settings, or the usual one if they say nothing. */
export function ledgerPlace(settings: LedgerPlacing): LedgerPlace {
  const { ledger, broker } = settings;
  const folder = ledgerFolder(settings);
  const usual = hasKeys(broker) ? 'redis' : folder === undefined ? 'none' : 'file';
  const kind = ledger.kind ?? usual;
  if (kind !== 'file') return { kind };
  return folder === undefined ? { kind: 'none' } : { kind, folder };
}

/** The folder for a ledger in a file, if there is one. */
export function ledgerFolder({ ledger, procedures }: LedgerPlacing): string | undefined {
  if (ledger.dir !== undefined) return ledger.dir;
  const { stateDir, worker = '' } = procedures?.local ?? {};
  return stateDir === undefined ? undefined : join(stateDir, `${worker}.ledger`);
}

/** Refuses a ledger where there is no place for it. */
export function ledgerHasPlace(settings: LedgerPlacing): Disagreement | undefined {
  const { ledger, broker } = settings;
  const key = 'ledger.kind';
  if (ledger.kind === 'redis' && broker.kind !== 'redis')
    return { key, found: `redis, with broker.kind ${broker.kind}`, expected: 'broker.kind redis' };
  if (ledger.kind === 'redis' && !hasKeys(broker))
    return {
      key,
      found: 'redis, with broker.redis.partitions 0',
      expected: 'partitions: it is in a cluster',
    };
  if (ledger.kind === 'file' && ledgerFolder(settings) === undefined)
    return { key, found: 'file, without a folder', expected: 'ledger.dir or procedures.local.stateDir' };
  return undefined;
}

/** A cluster that is used as one server has keys elsewhere. */
function hasKeys({ kind, redis }: BrokerSettings): boolean {
  return kind === 'redis' && (redis.clusterNodes.length === 0 || redis.partitions > 0);
}
