/** What a call is given: by position, and by name. */
export interface CallArguments {
  readonly positional: readonly unknown[];
  readonly named: Readonly<Record<string, unknown>>;
}

export const NO_ARGUMENTS: CallArguments = { positional: [], named: {} };

/** What a call gives: a value, or text and bytes of a type of their own. */
export type CallResult = { readonly value: unknown } | { readonly bytes: Uint8Array };

/** Calls procedures of a running gateway. */
export interface GatewayClient {
  /** Whether the gateway runs on this machine, so that its process can be watched. */
  readonly isLocal: boolean;
  /**
   * Every result, as it comes. Whoever stops reading ends the call.
   * @throws {CallFailure} when the answer is an error, also in the middle of a stream.
   * @throws {CommandError} when no gateway is there, or it breaks off.
   */
  call(name: string, given?: CallArguments): AsyncGenerator<CallResult, void, void>;
  /** Ends what still runs. */
  close(): void;
}
