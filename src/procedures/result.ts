/**
 * A result that is told even when it is null: `return new Result(null)`. Clients of Shirow's protocol hear nothing of a
 * procedure that returns null or nothing.
 */
export class ProcedureResult {
  constructor(readonly value: unknown) {}
}
