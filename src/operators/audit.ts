import { Injectable, Logger } from '@nestjs/common';
import type { OperatorAccess } from '../config/sections/operators/operator-key.settings.js';
import type { HttpCall } from '../procedures/procedure-call.js';

const MAX_LENGTH = 500;
const SERVICE = { name: 'the service secret', access: 'full' } as const;

/** The operator who does something, and their address. */
interface Actor {
  readonly operator: { readonly name: string; readonly access: OperatorAccess | 'none' };
  readonly peer: string | undefined;
}

/** Writes into the log what operators do: who, what, from where, and what came of it. */
@Injectable()
export class Audit {
  private readonly logger = new Logger('Operators');

  /** @param what MUST NOT hold what was published. @param result the status, or what it says. */
  tell({ operator, peer = 'an unknown address' }: Actor, what: string, result: string): void {
    this.logger.log(
      `${operator.name} (${operator.access}) from ${peer}: ${printable(what)}: ${printable(result)}`,
    );
  }

  /** As {@link tell}, of who calls a procedure with the service secret. */
  tellOfService({ peer }: HttpCall, what: string, result: string): void {
    this.tell({ operator: SERVICE, peer }, what, result);
  }
}

/** It must not break a line, nor fill a log. */
function printable(text: string): string {
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return cut.replace(/\p{Cc}/gu, '?');
}
