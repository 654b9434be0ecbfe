import cluster from 'node:cluster';
import type { Connections } from '../connection/connections.js';
import type { Hub } from '../delivery/hub.js';
import type { Procedure } from '../procedures/procedure.js';
import type { Procedures } from '../procedures/procedures.js';
import { builtIn } from '../rpc/built-in.js';
import { gatewayPid } from '../rpc/gateway-process.js';
import type { Readiness } from './readiness.js';

const DESCRIPTION = `/status

Says what this process of the gateway does; of several, the one that answers.`;

const FORMAT =
  'Process %(pid)s is %(state)s: %(connections)s connections, %(channels)s channels, up for %(uptime)s s.';

/** What is looked at for the status. */
export interface StatusSources {
  readonly readiness: Readiness;
  readonly connections: Connections;
  readonly hub: Hub;
  readonly procedures: Procedures;
}

/** Tells operators what the process does. `uptime` is seconds, `memory` bytes; `worker` is one of several processes. */
export function statusProcedure({ readiness, connections, hub, procedures }: StatusSources): Procedure {
  return builtIn({
    name: 'status',
    access: 'service',
    description: DESCRIPTION,
    run: () => ({
      pid: gatewayPid(),
      ...(cluster.isWorker && { worker: process.pid }),
      uptime: Math.round(process.uptime()),
      state: readiness.state,
      broker: readiness.brokerState,
      connections: connections.count,
      channels: hub.channelCount,
      procedures: [...procedures.all].length,
      memory: process.memoryUsage.rss(),
      _format: FORMAT,
    }),
  });
}
