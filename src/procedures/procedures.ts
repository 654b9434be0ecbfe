import { Injectable } from '@nestjs/common';
import type { CallableProcedure } from './procedure.js';

/** The registry of all procedures of this gateway, by name. */
@Injectable()
export class Procedures {
  private readonly byName = new Map<string, CallableProcedure>();
  private readonly places = new Map<string, string>();

  /** In the order in which they were added. */
  get all(): Iterable<CallableProcedure> {
    return this.byName.values();
  }

  /**
   * @param place the place of its definition, for error messages.
   * @throws when there is one with the same name.
   */
  add(procedure: CallableProcedure, place = 'the configuration'): void {
    const { name } = procedure.signature;
    const other = this.places.get(name);
    if (other !== undefined)
      throw new Error(`there are two procedures named ${name}: in ${other} and in ${place}`);
    this.byName.set(name, procedure);
    this.places.set(name, place);
  }

  find(name: string): CallableProcedure | undefined {
    return this.byName.get(name);
  }
}
