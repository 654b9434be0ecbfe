/** Thrown for an argument that cannot be converted to the type of its parameter; the cause of `procedure_failed`. */
export class ConversionError extends Error {
  override readonly name = 'ConversionError';

  constructor(
    message: string,
    /** The HTTP status: 400 for a value of a type that can never be converted, 500 for one whose content cannot. */
    readonly status: 400 | 500,
  ) {
    super(message);
  }
}
