import { Injectable } from '@nestjs/common';
import { Metrics } from '../../metrics/metrics.js';
import type { ClientError } from '../../protocol/errors.js';
import type { ProcedureArguments } from '../arguments.js';
import { bind } from './bind.js';
import { CallSlots } from './call-slots.js';
import { type CallAnswer, RunningCall } from './running-call.js';
import type { CallableProcedure } from '../procedure.js';
import { type CallOrigin, ProcedureCall } from '../procedure-call.js';
import { PROCEDURE_ERRORS } from '../procedure-errors.js';
import { Procedures } from '../procedures.js';

/** What is to be called, with what, for whom. */
export interface CallRequest {
  readonly name: string;
  readonly given: ProcedureArguments;
  readonly origin: CallOrigin;
  /** Aborted when the caller is gone or has cancelled. One of its own per call: Node warns of ten on one signal. */
  readonly signal: AbortSignal;
}

/** The one way to call a procedure, whatever brought the call: access, arguments, limits, deadline and end. */
@Injectable()
export class Calls {
  private readonly slots = new Map<CallableProcedure, CallSlots>();

  constructor(
    private readonly procedures: Procedures,
    private readonly metrics: Metrics,
  ) {}

  /** The procedure of a name, if the caller may call it; for help, and to know what a call will be like. */
  find(name: string, { identity, isService }: CallOrigin): CallableProcedure | undefined {
    const procedure = this.procedures.find(name);
    switch (procedure?.signature.access) {
      case 'public':
        return procedure;
      case 'private':
        return isService || identity ? procedure : undefined;
      default:
        return isService ? procedure : undefined;
    }
  }

  /**
   * Runs a procedure until its result is there or its stream begins. Whoever gets a stream MUST read it to its end or
   * call `return()` on it, which ends the call, and asks for one result at a time; reading it throws as this does.
   * @throws {ClientError} of {@link PROCEDURE_ERRORS}, with the cause of the failure if there is one.
   * @throws {ProcedureError}, an HttpException: what the procedure, or a guard or pipe of it, tells its caller.
   * @throws {CallbackError} when the app could not be asked.
   * @throws the reason of the request's signal as soon as that is aborted, whatever the procedure does.
   */
  async call({ name, given, origin, signal }: CallRequest): Promise<CallAnswer> {
    const procedure = this.find(name, origin);
    if (!procedure || (procedure.signature.isRaw && !origin.http)) throw this.unknown(name);
    const slots = this.slotsOf(procedure);
    const values = this.begin(procedure, given, slots);
    const ended = this.metrics.procedures.begin(procedure.signature.name);
    const running = new RunningCall(procedure, signal, (outcome) => {
      slots.release();
      ended(outcome);
    });
    return running.run(new ProcedureCall(name, given, origin, running.signal), values);
  }

  /** What a caller is told who may not call what it has named, or has named nothing; it counts. */
  unknown(name: string): ClientError {
    this.metrics.procedures.refused();
    return PROCEDURE_ERRORS.undefined(name);
  }

  private begin(
    { signature }: CallableProcedure,
    given: ProcedureArguments,
    slots: CallSlots,
  ): readonly unknown[] {
    try {
      const values = bind(signature, given);
      slots.take();
      return values;
    } catch (error) {
      this.metrics.procedures.refused(signature.name);
      throw error;
    }
  }

  private slotsOf(procedure: CallableProcedure): CallSlots {
    let slots = this.slots.get(procedure);
    if (!slots) this.slots.set(procedure, (slots = new CallSlots(procedure.limits.concurrency)));
    return slots;
  }
}
