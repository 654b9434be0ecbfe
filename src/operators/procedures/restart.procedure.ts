import { ProcedureError } from '../../procedures/procedure-errors.js';
import type { CallableProcedure } from '../../procedures/procedure.js';
import { builtIn } from '../../rpc/built-in/built-in.js';
import { restartGateway } from '../../rpc/built-in/gateway-process.js';

const DESCRIPTION = `/restart

Starts a new version of the gateway, which takes the place of this process when it is ready.`;

/** Replaces the gateway, unless it is part of an app. */
export function restartProcedure(): CallableProcedure {
  return builtIn({
    name: 'restart',
    access: 'service',
    isReplaceable: true,
    description: DESCRIPTION,
    run: () => {
      if (!restartGateway()) throw new ProcedureError('Only a gateway of its own can be restarted.', 501);
      return 'A new version is starting.';
    },
  });
}
