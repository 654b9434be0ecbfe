import { ProcedureError } from './procedure-errors.js';

/** A parameter that a procedure asks its caller for, to be given in another call. */
export interface NeededVariable {
  /** The name of the parameter. */
  readonly name: string;
  /** The kind of input field: `text`, `password`, ... */
  readonly type?: string | null;
  readonly default?: unknown;
  /** The prompt for the user. */
  readonly comment?: string | null;
}

/** Thrown by a procedure that needs more parameters. Over HTTP: status 423 with `needed_vars`. */
export class NeedInfo extends ProcedureError {
  override readonly name = 'NeedInfo';

  /** @param resource the name of the locked resource, under which callers may remember the values. */
  constructor(
    message: string,
    readonly neededVariables: readonly NeededVariable[],
    readonly resource?: string,
  ) {
    super(message, 423);
  }
}
