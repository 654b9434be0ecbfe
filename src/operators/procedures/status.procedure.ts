import type { CallableProcedure } from '../../procedures/procedure.js';
import { builtIn } from '../../rpc/built-in/built-in.js';
import type { GatewayStatus } from '../gateway-status.js';

const DESCRIPTION = `/status

Says what this process of the gateway does; of several, the one that answers.`;

const FORMAT =
  'Process %(pid)s is %(state)s: %(connections)s connections, %(channels)s channels, up for %(uptime)s s.';

/** Tells operators what the process does. */
export function statusProcedure(status: GatewayStatus): CallableProcedure {
  return builtIn({
    name: 'status',
    access: 'service',
    isReplaceable: true,
    description: DESCRIPTION,
    run: () => ({ ...status.read(), _format: FORMAT }),
  });
}
