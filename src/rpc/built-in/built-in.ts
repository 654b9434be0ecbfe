import type { CallableProcedure } from '../../procedures/procedure.js';
import type { HttpCall, ProcedureCall } from '../../procedures/procedure-call.js';
import { PROCEDURE_ERRORS } from '../../procedures/procedure-errors.js';
import type { Access, Parameter, Rest } from '../../procedures/signature.js';

/** A procedure that the gateway brings with it. */
export interface BuiltIn {
  readonly name: string;
  readonly access: Access;
  readonly description: string;
  readonly parameters?: readonly Parameter[];
  /** What else it takes, whatever that is. Default: nothing. */
  readonly rest?: Partial<Rest>;
  readonly isStream?: boolean;
  readonly run: (call: ProcedureCall, given: readonly unknown[], http: HttpCall) => unknown;
}

/** A procedure for the registry. Over WebSocket there is no such procedure. */
export function builtIn({
  rest,
  isStream = false,
  parameters = [],
  run,
  ...signature
}: BuiltIn): CallableProcedure {
  return {
    signature: {
      ...signature,
      parameters,
      rest: { positional: false, named: false, ...rest },
      isStream,
      isRaw: false,
    },
    limits: { concurrency: 0, deadlineMs: 0, endsStreams: false },
    async run(call, given) {
      const { http } = call.origin;
      if (!http) throw PROCEDURE_ERRORS.undefined(signature.name);
      return run(call, given, http);
    },
  };
}

/** A parameter that has to be given. */
export function required(name: string, type?: Parameter['type']): Parameter {
  return { name, type, isOptional: false, isNamedOnly: false };
}

/** A parameter that may be left out. */
export function optional(name: string, type?: Parameter['type']): Parameter {
  return { name, type, isOptional: true, isNamedOnly: false };
}
