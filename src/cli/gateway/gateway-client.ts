/** The arguments of a call, by position and by name. */
export interface CallArguments {
  readonly positional: readonly unknown[];
  readonly named: Readonly<Record<string, unknown>>;
}

export const NO_ARGUMENTS: CallArguments = { positional: [], named: {} };

/** A result of a call: a value from JSON, or the raw bytes of any other type. */
export type CallResult = { readonly value: unknown } | { readonly bytes: Uint8Array };

/** Calls procedures of a running gateway. */
export interface GatewayClient {
  /** Whether the gateway runs on this machine, so that its process can be watched. */
  readonly isLocal: boolean;
  /**
   * Every result, as it comes. A reader that stops ends the call.
   * @throws {CallFailure} when the answer is an error, also in the middle of a stream.
   * @throws {CommandError} when no gateway is there, or the connection breaks.
   */
  call(name: string, given?: CallArguments): AsyncGenerator<CallResult, void, void>;
  /** Breaks off calls that still run. */
  close(): void;
}
