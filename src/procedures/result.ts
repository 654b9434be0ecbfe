/**
 * A result that is sent even when it is null: `return new Result(null)`. Without it, clients of Shirow's protocol get
 * no frame from a procedure that returns null or undefined.
 */
export class ProcedureResult {
  constructor(readonly value: unknown) {}
}
