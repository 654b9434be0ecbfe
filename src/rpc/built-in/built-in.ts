import type { HttpCall, ProcedureCall } from '../../procedures/procedure-call.js';
import { PROCEDURE_ERRORS } from '../../procedures/procedure-errors.js';
import type { CallableProcedure } from '../../procedures/procedure.js';
import type { Access, Parameter, Rest } from '../../procedures/signature.js';

/** A procedure of the gateway itself. */
export interface BuiltIn {
  readonly name: string;
  readonly access: Access;
  readonly description: string;
  readonly parameters?: readonly Parameter[];
  /** Whether it accepts surplus arguments, by position and by name. Default: neither. */
  readonly rest?: Partial<Rest>;
  readonly isStream?: boolean;
  readonly isReplaceable?: boolean;
  readonly run: (call: ProcedureCall, given: readonly unknown[], http: HttpCall) => unknown;
}

/** Makes a procedure for the registry that can be called over HTTP only; over WebSocket it is undefined. */
export function builtIn({
  rest,
  isStream = false,
  isReplaceable = false,
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
    isReplaceable,
    async run(call, given) {
      const { http } = call.origin;
      if (!http) throw PROCEDURE_ERRORS.undefined(signature.name);
      return run(call, given, http);
    },
  };
}

/** Makes a required parameter, by position or by name. */
export function required(name: string, type?: Parameter['type']): Parameter {
  return { name, type, isOptional: false, isNamedOnly: false };
}

/** Makes an optional parameter, by position or by name. */
export function optional(name: string, type?: Parameter['type']): Parameter {
  return { name, type, isOptional: true, isNamedOnly: false };
}
