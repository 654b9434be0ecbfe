import { Injectable } from '@nestjs/common';
import { Handshakes } from '../../connection/handshakes.js';
import { Metrics } from '../../metrics/metrics.js';
import type { CallOutcome } from '../../metrics/procedure.metrics.js';
import type { ClientError } from '../../protocol/errors.js';
import { Tracing } from '../../tracing/tracing.js';
import type { ProcedureArguments } from '../arguments.js';
import type { CallOrigin } from '../procedure-call.js';
import { PROCEDURE_ERRORS } from '../procedure-errors.js';
import type { CallableProcedure } from '../procedure.js';
import { Procedures } from '../procedures.js';
import { bind } from './bind.js';
import type { CallRequest } from './call-request.js';
import { CallSlots } from './call-slots.js';
import { type CallAnswer, RunningCall } from './running-call.js';
import { callAttributes, headersOf, tracedProcedure } from './traced-procedure.js';

/** Calls procedures for every transport: checks access, binds arguments, and keeps limits and deadlines. */
@Injectable()
export class Calls {
  private readonly slots = new Map<CallableProcedure, CallSlots>();

  constructor(
    private readonly procedures: Procedures,
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
    private readonly handshakes: Handshakes,
  ) {}

  /** Whether calls of any procedure outlive their connections. */
  get keepAny(): boolean {
    for (const { resumption } of this.procedures.all) if (resumption) return true;
    return false;
  }

  /** Finds a procedure that the caller may call, for help, or to learn beforehand what kind of result a call has. */
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
   * Runs a procedure until its result is there or its stream begins. The reader of a stream MUST ask for one result at
   * a time, and read to the end or call `return()`, which ends the call. Reading throws the same errors as this method.
   * @throws {ClientError} of {@link PROCEDURE_ERRORS}, with the cause of the failure if there is one.
   * @throws {ProcedureError} or an HttpException: a refusal by the procedure, or by a guard or pipe of it.
   * @throws {CallbackError} when the app could not be asked.
   * @throws the reason of the request's signal as soon as that is aborted, whatever the procedure does.
   */
  async call(request: CallRequest): Promise<CallAnswer> {
    return this.prepare(request).run();
  }

  /**
   * As {@link call}, of a call that is to be run a little later, or `finish`ed without having run.
   * @throws {ClientError} at once when it is refused.
   */
  prepare(request: CallRequest): RunningCall {
    const { name, given } = request;
    const origin = this.withHandshake(request.origin);
    const procedure = this.find(name, origin);
    if (!procedure || (procedure.signature.isRaw && !origin.http)) throw this.unknown(name);
    const values = this.begin(procedure, given);
    return this.running(procedure, { ...request, origin }, values);
  }

  /** The connection itself is not kept: a call may outlive it. */
  private withHandshake({ connection, ...origin }: CallOrigin): CallOrigin {
    const { http } = origin;
    const handshake = http ? this.handshakes.kept(http.request) : this.handshakes.of(connection);
    return handshake ? { ...origin, handshake } : origin;
  }

  /**
   * As {@link prepare}, of a call that is gone on with, whoever may call its procedure.
   * @param run in place of that of the procedure.
   */
  prepareResumed(
    procedure: CallableProcedure,
    request: CallRequest,
    run: CallableProcedure['run'],
  ): RunningCall {
    this.slotsOf(procedure).take();
    const { signature, limits } = procedure;
    return this.running({ signature, limits, run }, request, [], procedure);
  }

  /** @param counted as which it counts, if that is another. */
  private running(
    procedure: CallableProcedure,
    request: CallRequest,
    values: readonly unknown[],
    counted = procedure,
  ): RunningCall {
    const ended = this.counted(counted);
    if (!this.tracing.isOn) return new RunningCall(procedure, request, values, ended);
    const { name } = procedure.signature;
    const span = this.tracing.begin(
      `kittiwake/${name}`,
      'server',
      () => callAttributes(name),
      headersOf(request),
    );
    if (!span) return new RunningCall(procedure, request, values, ended);
    return new RunningCall(tracedProcedure(procedure, span), request, values, (outcome) => {
      if (outcome !== 'success') span.failed(outcome);
      span.end();
      ended(outcome);
    });
  }

  /** Counts a call that has its slot. @returns what is called at its end. */
  private counted(procedure: CallableProcedure): (outcome: CallOutcome) => void {
    const slots = this.slotsOf(procedure);
    const ended = this.metrics.procedures.begin(procedure.signature.name);
    return (outcome) => {
      slots.release();
      ended(outcome);
    };
  }

  /** Counts a refused call. @returns the error for a procedure that does not exist or that the caller may not call. */
  unknown(name: string): ClientError {
    this.metrics.procedures.refused();
    return PROCEDURE_ERRORS.undefined(name);
  }

  private begin(procedure: CallableProcedure, given: ProcedureArguments): readonly unknown[] {
    const { signature } = procedure;
    try {
      const values = bind(signature, given);
      this.slotsOf(procedure).take();
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
