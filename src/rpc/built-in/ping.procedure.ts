import type { Calls } from '../../procedures/calls/calls.js';
import { convert } from '../../procedures/calls/convert.js';
import type { ProcedureCall } from '../../procedures/procedure-call.js';
import type { CallableProcedure } from '../../procedures/procedure.js';
import type { Procedures } from '../../procedures/procedures.js';
import type { Parameter, Signature } from '../../procedures/signature.js';
import { TypedResult } from '../../procedures/typed-result.js';
import { builtIn } from './built-in.js';

export const PING = 'ping';
/** Procedures that clients know without a list. */
const UNTOLD: readonly string[] = [PING, 'config', 'quitquitquit'];

const DESCRIPTION = `/ping [--docs=y]

Says whether the gateway runs, and to who may know, which procedures there are; with --docs=y, what they do as well.`;

/** Makes the procedure that lists for authenticated callers what they may call; clients build their methods from it. */
export function pingProcedure(calls: Calls, procedures: Procedures): CallableProcedure {
  return builtIn({
    name: PING,
    access: 'public',
    description: DESCRIPTION,
    rest: { positional: true, named: true },
    run: (call, _given, { peer }) => {
      if (!call.isAuthenticated) return new TypedResult('Pong\n', 'text/plain');
      const { named } = call.given;
      return {
        ...Object.fromEntries(named),
        pong: true,
        conn: peer,
        methods: methodsFor(call, calls, procedures, convert('bool', named.get('docs')) === true),
        _format: 'Pong via %(conn)s! (The methods are in the JSON.)',
      };
    },
  });
}

function methodsFor(
  { origin }: ProcedureCall,
  calls: Calls,
  procedures: Procedures,
  isDescribed: boolean,
): object {
  const signatures = [...procedures.all].map(({ signature }) => signature);
  const told = signatures.filter(({ name }) => !UNTOLD.includes(name) && calls.find(name, origin));
  return Object.fromEntries(told.map((signature) => [signature.name, methodOf(signature, isDescribed)]));
}

function methodOf({ parameters, returns, isStream, description }: Signature, isDescribed: boolean): object {
  const types = (some: readonly Parameter[]): object =>
    Object.fromEntries(some.map(({ name, type }) => [name, type ?? null]));
  return {
    args: types(parameters.filter(({ isNamedOnly }) => !isNamedOnly)),
    options: types(parameters.filter(({ isNamedOnly }) => isNamedOnly)),
    returns: returns ?? null,
    is_generator: isStream,
    ...(isDescribed && description !== undefined && { help: description }),
  };
}
