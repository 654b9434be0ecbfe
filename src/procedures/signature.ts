/** The types that a parameter can be declared with; arguments are converted to them, see `convert`. */
export const PARAMETER_TYPES = ['int', 'float', 'bool', 'str', 'bytes'] as const;
export type ParameterType = (typeof PARAMETER_TYPES)[number];

/**
 * Constraints on the values of a parameter, as keywords of JSON Schema. For descriptions only: the pipe that declares
 * them checks them.
 */
export interface ValueLimits {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
  /** In characters. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly enum?: readonly (string | number | boolean)[];
}

/** One parameter of a procedure. */
export interface Parameter {
  readonly name: string;
  /** The type that arguments are converted to; absent: no conversion. */
  readonly type?: ParameterType | undefined;
  /** Whether a call may leave it out. */
  readonly isOptional: boolean;
  /** Whether it can be given by name only. */
  readonly isNamedOnly: boolean;
  readonly limits?: ValueLimits | undefined;
}

/** Whether a procedure accepts surplus arguments, by position (a rest parameter) and by any name. */
export interface Rest {
  readonly positional: boolean;
  readonly named: boolean;
}

/**
 * The callers that a procedure is open to. `public`: all. `private`: those with an identity or the service secret.
 * `service`: only those with the service secret.
 */
export type Access = 'public' | 'private' | 'service';

/** The description of a procedure by which calls are bound and help is written. */
export interface Signature {
  readonly name: string;
  readonly access: Access;
  /** For help; its first line is the summary. */
  readonly description?: string | undefined;
  readonly parameters: readonly Parameter[];
  readonly rest: Rest;
  /** The declared type of the result, for help. */
  readonly returns?: string | undefined;
  /** Whether it is declared to return a stream of results. */
  readonly isStream: boolean;
  /** Whether it writes the HTTP response itself. Such a procedure can be called over HTTP only. */
  readonly isRaw: boolean;
}
