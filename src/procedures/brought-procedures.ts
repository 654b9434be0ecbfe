import { Inject, Injectable } from '@nestjs/common';
import type { Startable } from '../base/lifetime.js';
import { isConfigured } from '../config/configured.js';
import { ProceduresSettings } from '../config/sections/procedures/procedures.settings.js';
import type { CallableProcedure } from './procedure.js';
import { Procedures } from './procedures.js';

/** The injection token of the procedures that the gateway brings with it, in their order; those that are off are `undefined`. */
export const BROUGHT_PROCEDURES = Symbol('kittiwake:brought-procedures');

/** Adds the procedures that the gateway brings with it, behind those of the app. */
@Injectable()
export class BroughtProcedures implements Startable {
  constructor(
    private readonly settings: ProceduresSettings,
    private readonly procedures: Procedures,
    @Inject(BROUGHT_PROCEDURES) private readonly brought: readonly (CallableProcedure | undefined)[],
  ) {}

  /** @throws when the app has a procedure with the name of one that clients rely on. */
  start(): void {
    if (!isConfigured(this.settings)) return;
    for (const procedure of this.brought) if (procedure) this.add(procedure);
  }

  private add(procedure: CallableProcedure): void {
    const isReplaced = procedure.isReplaceable && this.procedures.find(procedure.signature.name);
    if (!isReplaced) this.procedures.add(procedure);
  }
}
