import type { CallableProcedure } from '../../procedures/procedure.js';
import { TypedResult } from '../../procedures/typed-result.js';
import { builtIn, optional } from './built-in.js';
import { OPEN_METRICS_TYPE, openMetrics } from './open-metrics.js';
import type { ProceduresConfig } from './procedures-config.js';
import type { RpcStatistics, Statistics } from './statistics.js';

const DESCRIPTION = `/metrics [--openmetrics=y] [--<label>=<value> ...]

Counts how requests over HTTP were answered, and for who has the right to know, of each procedure. With --openmetrics=y in
the format of OpenMetrics, with all other options as labels of every line.`;

/** Makes the procedure that returns the statistics of requests over HTTP. */
export function metricsProcedure(statistics: RpcStatistics, config: ProceduresConfig): CallableProcedure {
  return builtIn({
    name: 'metrics',
    access: 'public',
    isReplaceable: true,
    description: DESCRIPTION,
    parameters: [optional('openmetrics', 'bool')],
    rest: { named: true },
    run: ({ isAuthenticated }, [isOpenMetrics, labels]) => {
      const read = isAuthenticated ? whole(statistics, config) : statistics.read(false);
      if (isOpenMetrics !== true) return asObject(read);
      return new TypedResult(openMetrics(read, labels as ReadonlyMap<string, unknown>), OPEN_METRICS_TYPE);
    },
  });
}

function whole(statistics: RpcStatistics, config: ProceduresConfig): Statistics {
  const label = (key: string): string => String(config.get(key)).replace(/[",\\]/g, '');
  const name = `start_time,app="${label('app_name')}",worker="${label('worker_name')}"`;
  return new Map([...statistics.read(true), [name, { type: 'gauge', value: statistics.startedAt }] as const]);
}

function asObject(statistics: Statistics): object {
  const entries = [...statistics];
  return {
    ...Object.fromEntries(entries.map(([name, { value }]) => [name, value])),
    _type_map: Object.fromEntries(entries.map(([name, { type }]) => [name, type])),
  };
}
