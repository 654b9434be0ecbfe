import type { CallableProcedure } from '../../procedures/procedure.js';
import { builtIn } from './built-in.js';
import { stopGateway } from './gateway-process.js';

const DESCRIPTION = `/quitquitquit

Ends the process of the gateway, as its shutdown is configured.`;

/** Makes the procedure that shuts the gateway down once the answer has been sent. */
export function quitProcedure(): CallableProcedure {
  return builtIn({
    name: 'quitquitquit',
    access: 'service',
    description: DESCRIPTION,
    run: (_call, _given, { response }) => {
      response.once('close', stopGateway);
      return 'Goodbye forever';
    },
  });
}
