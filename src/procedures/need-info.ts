import { ProcedureError } from './procedure-errors.js';

/** Something that a procedure wants to be told in another call. */
export interface NeededVariable {
  /** The parameter that it is given as. */
  readonly name: string;
  /** How to ask for it: `text`, `password`, ... */
  readonly type?: string | null;
  readonly default?: unknown;
  /** What to show to whoever is asked. */
  readonly comment?: string | null;
}

/** Thrown by a procedure that needs to know more. Over HTTP: status 423 with the variables. */
export class NeedInfo extends ProcedureError {
  override readonly name = 'NeedInfo';

  /** @param resource what is locked, for callers that remember what they were told. */
  constructor(
    message: string,
    readonly neededVariables: readonly NeededVariable[],
    readonly resource?: string,
  ) {
    super(message, 423);
  }
}
