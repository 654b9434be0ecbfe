/** The arguments of a call, by position and by name. */
export interface ProcedureArguments {
  readonly positional: readonly unknown[];
  /** A name may be anything, `__proto__` too. */
  readonly named: ReadonlyMap<string, unknown>;
}
