/** What a caller gave: values by position, and by name. */
export interface ProcedureArguments {
  readonly positional: readonly unknown[];
  /** Made without a prototype, or a Map: a name may be anything. */
  readonly named: ReadonlyMap<string, unknown>;
}
