import type { ProcedureCall } from '../procedure-call.js';
import type { CallableProcedure, ProcedureLimits } from '../procedure.js';
import type { Resumption } from '../resumption.js';
import type { Signature } from '../signature.js';
import type { MethodParameter } from './parameters/parameter-rules.js';

export interface MethodSignature extends Signature {
  readonly parameters: readonly MethodParameter[];
}

/** Calls the method by way of Nest's guards, pipes, interceptors and filters. */
export type MethodHandler = (call: ProcedureCall, given: readonly unknown[]) => Promise<unknown>;

/** A procedure that is a method of a provider. */
export class ProviderProcedure implements CallableProcedure {
  private readonly bigInts: readonly number[];

  constructor(
    readonly signature: MethodSignature,
    readonly limits: ProcedureLimits,
    private readonly handler: MethodHandler,
    readonly resumption?: Resumption,
  ) {
    this.bigInts = signature.parameters.flatMap(({ isBigInt }, index) => (isBigInt ? [index] : []));
  }

  run(call: ProcedureCall, given: readonly unknown[]): Promise<unknown> {
    return this.handler(call, this.bigInts.length > 0 ? this.withBigInts(given) : given);
  }

  private withBigInts(given: readonly unknown[]): readonly unknown[] {
    const values = [...given];
    for (const index of this.bigInts) {
      const value = values[index];
      if (typeof value === 'number') values[index] = BigInt(value);
    }
    return values;
  }
}
