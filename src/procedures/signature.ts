/** The types that a parameter can be declared to have; what it is given is converted, see `convert`. */
export const PARAMETER_TYPES = ['int', 'float', 'bool', 'str', 'bytes'] as const;
export type ParameterType = (typeof PARAMETER_TYPES)[number];

/**
 * What the values of a parameter keep to, in the words of JSON Schema. It is for descriptions: who declared it checks it.
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
  /** What it is converted to; absent: it is left as it came. */
  readonly type?: ParameterType | undefined;
  /** Whether a call may leave it out. */
  readonly isOptional: boolean;
  /** Whether it can be given by name only. */
  readonly isNamedOnly: boolean;
  readonly limits?: ValueLimits | undefined;
}

/** What a procedure takes all that is left over as: a rest parameter, or named parameters of any name. */
export interface Rest {
  readonly positional: boolean;
  readonly named: boolean;
}

/**
 * Who may call a procedure. `public`: anyone. `private`: who has an identity, or the service secret. `service`: only
 * who has the service secret.
 */
export type Access = 'public' | 'private' | 'service';

/** What callers and help know of a procedure. */
export interface Signature {
  readonly name: string;
  readonly access: Access;
  /** For help; its first line is the summary. */
  readonly description?: string | undefined;
  readonly parameters: readonly Parameter[];
  readonly rest: Rest;
  /** The declared type of the result, for help. */
  readonly returns?: string | undefined;
  /** Whether it is known to give a stream of results. */
  readonly isStream: boolean;
  /** Whether it writes the HTTP response itself. Such a procedure can be called over HTTP only. */
  readonly isRaw: boolean;
}
